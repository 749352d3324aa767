"""Exercises in which a function is written, and how an answer is judged."""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import isfinite
from random import Random

from .outcome import SMALL, Outcome, agree, call, digits, show
from .verdict import Verdict, correct, not_attempted, not_yet

DRAWS = 12  # calls with arguments that are drawn at random
DRAWN = ""  # the group of those calls, whose arguments are not shown
PLACES = range(9)  # to which a number may have been rounded
LINES = 20  # of what a student's function printed that are shown
LENGTH = 200  # of each
LUCK = {
    *("random", "rng", "default_rng", "rand", "randn", "randint", "uniform", "gauss", "normal"),
    *("normalvariate", "standard_normal", "shuffle", "choice", "choices", "sample"),
}  # the names that a simulation uses


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
            what is left of larger numbers. Next to 0 where it is a product, whose digits all count.
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
            return not_yet(
                f"The check needs the function itself, got {show(answer)}. "
                f"Pass {self.reference.__name__} without parentheses behind it."
            )
        trials = self._trials(answer)
        if isinstance(trials[0].found.error, NotImplementedError):
            missing = self._borrowed(answer, trials[0], chapter or {})
            return not_yet(f"This one calls another: {missing}") if missing else not_attempted()
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
        return correct(f"all {len(trials)} calls are right.", said)

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
        again = []
        for trial in reversed(trials):
            again.append((trial, call(answer, trial.case)))
            if again[-1][1].endless:
                break
        for trial, second in reversed(again):
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
            try:
                mended = call(answer, trial.case)
            finally:
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
                if not places and len({trial.found.number for trial in wrong}) < 3:
                    return ""  # a 0 or a 1 comes near by chance
                to = f"to {places} digits" if places else "to whole numbers"
                return f"rounded {to}. Return the number as it is."
        return ""

    def _proportion(self, trials: list[Trial]) -> str:
        """Return the factor, or the difference, between all results and the expected ones."""
        pairs = [(trial.found.number, trial.wanted.number) for trial in trials]
        if any(found is None or not isfinite(found) for found, _ in pairs):
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
        return not_yet(message, self._printed(written, outcome))

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
        shown = (shorten(line) for line in lines[:LINES])
        return "\n".join([f"Printed by {written}:", *shown, *more])


def shorten(line: str) -> str:
    """Return a printed line, cut where it is too long to be read."""
    return line if len(line) <= LENGTH else f"{line[:LENGTH]}... ({len(line):,} characters)"


def _holds(error: ValueError, parameter: str) -> bool:
    """Say whether the text of an error holds the name of a parameter, as a whole word."""
    return bool(re.search(rf"\b{parameter}\b", call(str, (error,)).value or "", re.IGNORECASE))


def _names(function: object) -> set:
    """Return the names, but for its own variables, that a function and those inside it use."""
    left, names = [getattr(function, "__code__", None)], set()
    while left:
        code = left.pop()
        if hasattr(code, "co_names"):
            names |= set(code.co_names)
            left += code.co_consts
    return names


def _uses_luck(function: object) -> bool:
    """Say whether a function seems to draw random numbers."""
    return not LUCK.isdisjoint(_names(function))
