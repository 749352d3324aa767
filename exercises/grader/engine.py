"""The two kinds of exercise that can be checked, and how an answer to each is judged."""

from __future__ import annotations

import re
from dataclasses import dataclass
from random import Random

from .outcome import SMALL, Outcome, agree, call, digits, number, show

DRAWS = 12  # calls with arguments that are drawn at random
DRAWN = ""  # the group of those calls, whose arguments are not shown
PLACES = range(9)  # to which a number may have been rounded
LINES = 20  # of what a student's function printed that are shown
LUCK = ("rand", "rng", "gauss", "normal", "shuffle")  # parts of the names that a simulation uses


@dataclass(frozen=True)
class Verdict:
    """What a check found.

    Args:
        passed: whether the answer is right.
        attempted: whether there is an answer at all.
        message: what to tell the student.
        printed: what the student's function printed, in the call that the message names.
    """

    passed: bool
    attempted: bool
    message: str
    printed: str = ""


@dataclass(frozen=True)
class Trial:
    """One call of the student's function: what came of it, and what had to come of it."""

    group: str
    case: tuple
    found: Outcome
    wanted: Outcome


@dataclass(frozen=True)
class Write:
    """An exercise in which a function is written.

    Args:
        reference: a right function; messages use its name and those of its parameters.
        cases: groups of cases, the simplest first: how messages call the group, to tuples of
            arguments.
        mistakes: wrong functions that students write, each under the words that explain it. The
            first that does what the student's does in every call is named as the likely cause, or
            else the first that does so up to the end of the group that goes wrong.
        drawn: takes a ``random.Random`` and returns a tuple of arguments. The same are drawn at
            every check, and messages do not show them: a function that knows the cases and not
            what is asked has nothing to go by.
        refused: pairs of a tuple of arguments and the parameter that a ValueError must name.
        tolerance: the largest error accepted, relative to the expected number. Single precision,
            which is off by some 1e-7, is accepted.
        small: below this size an error is relative to the size itself, because a small result is
            what is left of larger numbers. 0 where it is a product, whose digits all count.
    """

    reference: object
    cases: dict
    mistakes: dict
    drawn: object
    refused: tuple = ()
    tolerance: float = 1e-6
    small: float = SMALL

    def judge(self, answer: object, chapter: dict | None = None) -> Verdict:
        """Call the answer with every case, twice, and return the verdict.

        Args:
            answer: the student's function.
            chapter: the exercises of its chapter in their order, each under the name of what is
                asked. A student's function may call another one.
        """
        if not callable(answer):
            return _not_yet(
                f"The check needs the function itself, got {show(answer)}. "
                f"Pass {self.reference.__name__} without parentheses behind it."
            )
        trials = self._trials(answer)
        if isinstance(trials[0].found.error, NotImplementedError):
            return _not_attempted(self._borrowed(answer, trials[0], chapter or {}))
        verdict = (
            self._what_changed(answer, trials)
            or self._what_differs(answer, trials, chapter or {})
            or self._what_is_not_its_own(trials)
            or self._what_was_not_refused(answer)
        )
        if verdict:
            return verdict
        talk = next((trial for trial in trials if trial.found.printed), trials[0])
        said = self._printed(self._written(talk), talk.found)
        return Verdict(True, True, f"Correct: all {len(trials)} calls are right.", said)

    def groups(self) -> dict:
        """Return all groups of cases, those that are drawn at random the last."""
        rng = Random(self.reference.__name__)
        return self.cases | {DRAWN: [self.drawn(rng) for _ in range(DRAWS)]}

    def _trials(self, answer: object) -> list[Trial]:
        """Call the answer with every case, or until a call does not end."""
        trials = []
        for group, cases in self.groups().items():
            for case in cases:
                trials.append(Trial(group, case, call(answer, case), call(self.reference, case)))
                if trials[-1].found.endless:
                    return trials
        return trials

    def _agree(self, found: Outcome, wanted: Outcome) -> bool:
        return agree(found, wanted, self.tolerance, self.small)

    def _what_changed(self, answer: object, trials: list[Trial]) -> Verdict | None:
        if trials[-1].found.endless:
            return None
        again = [call(answer, trial.case) for trial in reversed(trials)][::-1]
        for trial, second in zip(trials, again, strict=True):
            first = trial.found
            if not agree(first, second, 0):
                return self._about(
                    self._written(trial),
                    second,
                    f"{{}} {first.told(second.number)}. Called again, it "
                    f"{second.told(first.number)}.",
                    "random numbers. What is asked can be computed, without luck."
                    if _uses_luck(answer)
                    else "something is remembered from call to call: a global variable, a counter, "
                    "a list as a default. The result must depend on the arguments alone.",
                )
        return None

    def _what_differs(self, answer: object, trials: list[Trial], chapter: dict) -> Verdict | None:
        """Describe the first wrong outcome, and what explains it."""
        wrong = [trial for trial in trials if not self._agree(trial.found, trial.wanted)]
        if not wrong:
            return None
        first = wrong[0]
        cause = self._borrowed(answer, first, chapter) or self._cause(answer, trials, first)
        if first.group == DRAWN:
            told = (
                "All calls that the check shows are right. But {} with arguments drawn at random "
                f"is wrong in {len(wrong)} of {DRAWS} calls"
                + (f", and {first.found.told()}." if first.found.error else ".")
            )
            cause = cause or "it fits the numbers above, and not the question. Try some others."
        else:
            expected = first.wanted.number
            told = (
                f"{first.group}, {{}} {first.found.told(expected)}; "
                f"expected {digits(expected, first.found.number)}."
            )
        return self._about(self._written(first), first.found, told, cause)

    def _cause(self, answer: object, trials: list[Trial], first: Trial) -> str:
        found = first.found
        if found.endless:
            return "a loop that does not end. What has to become true for it to stop?"
        if found.error is None and found.value is None:
            return "a missing return, perhaps in one branch only. What is printed is not returned."
        typed_in = trials[0].found.number
        if typed_in is not None and all(trial.found.number == typed_in for trial in trials):
            return "the result is the same for all arguments. Was a number typed in?"
        if isinstance(found.error, ValueError) and any(
            _holds(found.error, parameter) for _, parameter in self.refused
        ):
            return "these arguments are allowed, and the function refuses them."
        groups = list(self.groups())
        end = groups.index(first.group)
        seen = [trial for trial in trials if groups.index(trial.group) <= end]
        return (
            self._mistake(trials)
            or self._rounding(trials)
            or "a simulation. It comes near; asked is the exact number." * _uses_luck(answer)
            or self._proportion(trials)
            or self._mistake(seen)
            or self._rounding(seen)
        )

    def _borrowed(self, answer: object, trial: Trial, chapter: dict) -> str:
        """Name the answer to another exercise that this one calls, if a right one would mend it."""
        names, known = _names(answer), getattr(answer, "__globals__", {})
        for place, (name, exercise) in enumerate(chapter.items(), 1):
            other = known.get(name)
            if name not in names or not callable(other) or other is answer:
                continue
            known[name] = exercise.reference
            mended = call(answer, trial.case)
            known[name] = other
            written = exercise.judge(other).attempted
            if self._agree(mended, trial.wanted) or not (written or mended.error):
                state = "right" if written else "written"
                return f"your `{name}` of exercise {place} is not {state} yet. Mend it first."
        return ""

    def _mistake(self, trials: list[Trial]) -> str:
        """Return the first cause whose function does in all these calls what the student's does."""
        for cause, mistake in self.mistakes.items():
            if all(self._agree(trial.found, call(mistake, trial.case)) for trial in trials):
                return cause
        return ""

    def _rounding(self, trials: list[Trial]) -> str:
        """Say to how many digits the results were rounded, in one branch at least."""
        wrong = [trial for trial in trials if not self._agree(trial.found, trial.wanted)]
        for places in PLACES:
            if all(trial.found.number == round(trial.wanted.number, places) for trial in wrong):
                return f"rounded to {places} digits. Return the number as it is."
        return ""

    def _proportion(self, trials: list[Trial]) -> str:
        """Return the factor, or the difference, between all results and the expected ones."""
        pairs = [(trial.found.number, trial.wanted.number) for trial in trials]
        if any(found is None for found, _ in pairs):
            return ""
        found, wanted = max(pairs, key=lambda pair: abs(pair[1]))
        factor, more = found / wanted, found - wanted
        if all(self._agree(Outcome(x), Outcome(factor * y)) for x, y in pairs):
            return f"a factor. Every result is {factor:.4g} times what is expected."
        if all(self._agree(Outcome(x - more), Outcome(y)) for x, y in pairs):
            size = "large" if more > 0 else "small"
            return f"a difference. Every result is {abs(more):.4g} too {size}."
        return ""

    def _what_is_not_its_own(self, trials: list[Trial]) -> Verdict | None:
        for trial in trials:
            if trial.found.changed:
                return self._about(
                    self._written(trial),
                    trial.found,
                    "All numbers are right. But {} changes the list that it is given, which "
                    "belongs to whoever calls. Work on a copy.",
                )
        return None

    def _what_was_not_refused(self, answer: object) -> Verdict | None:
        for case, parameter in self.refused:
            outcome = call(answer, case)
            if not isinstance(outcome.error, ValueError):
                wish = f"It must raise a ValueError that names {parameter}."
            elif not _holds(outcome.error, parameter):
                wish = f"A ValueError is right, but its text must name {parameter}."
            else:
                continue
            trial = Trial("refused", case, outcome, outcome)
            told = f"All numbers are right. But {{}} {outcome.told()}. {wish}"
            return self._about(self._written(trial), outcome, told)
        return None

    def _about(self, written: str, outcome: Outcome, told: str, cause: str = "") -> Verdict:
        """Return the verdict on one wrong call; ``{}`` in ``told`` stands for the call."""
        because = f"\nLikely cause: {cause}" if cause else ""
        message = told.replace("{}", written, 1) + outcome.where() + because
        return _not_yet(message, self._printed(written, outcome))

    def _written(self, trial: Trial) -> str:
        """Return a call as one would type it."""
        if trial.group == DRAWN:
            return f"{self.reference.__name__}(...)"
        names = self.reference.__code__.co_varnames[: len(trial.case)]
        arguments = [f"{name}={value!r}" for name, value in zip(names, trial.case, strict=True)]
        return f"{self.reference.__name__}({', '.join(arguments)})"

    def _printed(self, written: str, outcome: Outcome) -> str:
        """Return what a call printed, below the call, or nothing."""
        lines = outcome.printed.splitlines()
        if not lines:
            return ""
        more = [f"and {len(lines) - LINES} lines more"] if len(lines) > LINES else []
        return "\n".join([f"Printed by {written}:", *lines[:LINES], *more])


@dataclass(frozen=True)
class Predict:
    """An exercise in which numbers are predicted. The verdict does not give them away.

    Args:
        expected: the number for each thing that is asked.
        mistakes: wrong predictions, each under the words that explain it. One of which every
            number was predicted is named as the likely cause of those that are wrong in it.
        tolerance: the largest error accepted.
    """

    expected: dict
    mistakes: dict
    tolerance: float = 0.01

    def judge(self, answer: object, chapter: dict | None = None) -> Verdict:
        """Compare the predictions, a dict like ``expected``, and return the verdict."""
        if not isinstance(answer, dict) or set(answer) != set(self.expected):
            asked = ", ".join(map(repr, self.expected))
            return _not_yet(f"The check needs a dict with the keys {asked}, got {show(answer)}.")
        if all(value is None for value in answer.values()):
            return _not_attempted()
        for key in self.expected:
            if number(answer[key]) is None:
                return _not_yet(f"{key!r} needs a number, got {show(answer[key])}.")
        wrong = [key for key in self.expected if not self._near(answer, self.expected, key)]
        if not wrong:
            return _correct(f"all {len(self.expected)} predictions are right.")
        causes = {key: cause for key in reversed(wrong) if (cause := self._cause(answer, key))}
        key = next(reversed(causes), wrong[0])
        because = f"\nLikely cause: {causes[key]}" if causes else ""
        return _not_yet(f"{key!r}: {show(answer[key])} is not what happens.{because}")

    def _cause(self, answer: dict, key: str) -> str:
        """Return the cause that explains a wrong prediction, if one does."""
        for cause, mistake in self.mistakes.items():
            about = key in mistake and not self._near(mistake, self.expected, key)
            if about and all(self._near(answer, mistake, each) for each in mistake):
                return cause
        return ""

    def _near(self, answer: dict, numbers: dict, key: str) -> bool:
        return abs(number(answer[key]) - numbers[key]) <= self.tolerance


def _holds(error: ValueError, parameter: str) -> bool:
    """Say whether the text of an error holds the name of a parameter, as a whole word."""
    return bool(re.search(rf"\b{parameter}\b", call(str, (error,)).value or ""))


def _names(function: object) -> set:
    """Return the names that a function uses, and the functions inside it."""
    left, names = [getattr(function, "__code__", None)], set()
    while left:
        code = left.pop()
        if hasattr(code, "co_names"):
            names |= {*code.co_names, *code.co_varnames}
            left += code.co_consts
    return names


def _uses_luck(function: object) -> bool:
    """Say whether a function seems to draw random numbers."""
    return any(part in name.lower() for name in _names(function) for part in LUCK)


def _correct(message: str) -> Verdict:
    return Verdict(True, True, f"Correct: {message}")


def _not_yet(message: str, printed: str = "") -> Verdict:
    return Verdict(False, True, f"Not yet. {message}", printed)


def _not_attempted(unfinished: str = "") -> Verdict:
    if unfinished:
        return _not_yet(f"This one needs another: {unfinished}")
    return Verdict(False, False, "Not attempted yet.")
