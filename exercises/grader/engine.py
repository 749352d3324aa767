"""The two kinds of exercise that can be checked, and how an answer to each is judged."""

from __future__ import annotations

from dataclasses import dataclass

from .outcome import Outcome, agree, call, digits, number, show


@dataclass(frozen=True)
class Verdict:
    """What a check found.

    Args:
        passed: whether the answer is right.
        attempted: whether there is an answer at all.
        message: what to tell the student.
    """

    passed: bool
    attempted: bool
    message: str


@dataclass(frozen=True)
class Write:
    """An exercise in which a function is written.

    Args:
        reference: a right function; messages use its name and those of its parameters.
        cases: groups of cases, the simplest first: how messages call the group, to tuples of
            arguments.
        mistakes: wrong functions that students write, each under the words that explain it. The
            first that returns what the student's does is named as the likely cause.
        refused: pairs of a tuple of arguments and the parameter that a ValueError must name.
        tolerance: the largest error accepted, relative to the expected number.
    """

    reference: object
    cases: dict
    mistakes: dict
    refused: tuple = ()
    tolerance: float = 1e-6

    def judge(self, answer: object) -> Verdict:
        """Call the answer with every case, twice, and return the verdict."""
        if not callable(answer):
            return _not_yet(
                f"The check needs the function itself, got {show(answer)}. "
                f"Pass {self.reference.__name__} without parentheses behind it."
            )
        cases = [case for group in self.cases.values() for case in group]
        found = [call(answer, case) for case in cases]
        if isinstance(found[0].error, NotImplementedError):
            return _not_attempted()
        again = [call(answer, case) for case in reversed(cases)][::-1]
        message = (
            self._what_changed(cases, found, again)
            or self._what_differs(found)
            or self._what_is_not_its_own(cases, found)
            or self._what_was_not_refused(answer)
        )
        return _not_yet(message) if message else _correct(f"all {len(cases)} calls are right.")

    def _what_changed(self, cases: list, found: list[Outcome], again: list[Outcome]) -> str:
        for case, first, second in zip(cases, found, again, strict=True):
            if not agree(first, second, 0):
                return (
                    f"{self._written(case)} {first.told(second.number)}. Called again, it "
                    f"{second.told(first.number)}.\nLikely cause: something is remembered from "
                    "call to call: a global variable, a counter, a list as a default. The result "
                    "must depend on the arguments alone."
                )
        return ""

    def _what_differs(self, found: list[Outcome]) -> str:
        """Describe the first wrong outcome, and what explains all up to the end of its group."""
        seen = []
        for group, cases in self.cases.items():
            seen += cases
            expected = [call(self.reference, case) for case in seen]
            right = [agree(*pair, self.tolerance) for pair in zip(found, expected, strict=False)]
            if not all(right):
                first = right.index(False)
                wrong, wanted = found[first], expected[first].number
                cause = self._cause(seen, found, wrong)
                return (
                    f"{group}, {self._written(seen[first])} {wrong.told(wanted)}; "
                    f"expected {digits(wanted, wrong.number)}."
                    + (f"\nLikely cause: {cause}" if cause else "")
                )
        return ""

    def _cause(self, seen: list, found: list[Outcome], wrong: Outcome) -> str:
        if wrong.error is None and wrong.value is None:
            return "a missing return, perhaps in one branch only. What is printed is not returned."
        typed_in = found[0].number
        if typed_in is not None and all(outcome.number == typed_in for outcome in found):
            return "the result is the same for all arguments. Was a number typed in?"
        for cause, mistake in self.mistakes.items():
            theirs = [call(mistake, case) for case in seen]
            if all(agree(*pair, self.tolerance) for pair in zip(found, theirs, strict=False)):
                return cause
        return ""

    def _what_is_not_its_own(self, cases: list, found: list[Outcome]) -> str:
        for case, outcome in zip(cases, found, strict=True):
            if outcome.changed:
                return (
                    f"All numbers are right. But {self._written(case)} changes the list that it is "
                    "given, which belongs to whoever calls. Work on a copy."
                )
        return ""

    def _what_was_not_refused(self, answer: object) -> str:
        for case, parameter in self.refused:
            outcome = call(answer, case)
            if not isinstance(outcome.error, ValueError):
                wish = f"It must raise a ValueError that names {parameter}."
            elif parameter not in (call(str, (outcome.error,)).value or ""):
                wish = f"A ValueError is right, but its text must name {parameter}."
            else:
                continue
            return f"All numbers are right. But {self._written(case)} {outcome.told()}. {wish}"
        return ""

    def _written(self, case: tuple) -> str:
        """Return a call as one would type it."""
        names = self.reference.__code__.co_varnames[: len(case)]
        arguments = [f"{name}={value!r}" for name, value in zip(names, case, strict=True)]
        return f"{self.reference.__name__}({', '.join(arguments)})"


@dataclass(frozen=True)
class Predict:
    """An exercise in which numbers are predicted. The verdict does not give them away.

    Args:
        expected: the number for each thing that is asked.
        mistakes: wrong predictions, each under the words that explain it. The first of which
            every number was predicted is named as the likely cause.
        tolerance: the largest error accepted.
    """

    expected: dict
    mistakes: dict
    tolerance: float = 0.01

    def judge(self, answer: object) -> Verdict:
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
        message = f"{wrong[0]!r}: {show(answer[wrong[0]])} is not what happens."
        for cause, mistake in self.mistakes.items():
            if all(self._near(answer, mistake, key) for key in mistake):
                return _not_yet(f"{message}\nLikely cause: {cause}")
        return _not_yet(message)

    def _near(self, answer: dict, numbers: dict, key: str) -> bool:
        return abs(number(answer[key]) - numbers[key]) <= self.tolerance


def _correct(message: str) -> Verdict:
    return Verdict(True, True, f"Correct: {message}")


def _not_yet(message: str) -> Verdict:
    return Verdict(False, True, f"Not yet. {message}")


def _not_attempted() -> Verdict:
    return Verdict(False, False, "Not attempted yet.")
