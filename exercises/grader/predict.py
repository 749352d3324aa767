"""Exercises in which numbers are predicted, and how an answer is judged."""

from __future__ import annotations

from dataclasses import dataclass

from .outcome import number, show
from .verdict import Verdict, correct, not_attempted, not_yet


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
            return not_yet(f"The check needs a dict with the keys {asked}, got {show(answer)}.")
        if all(value is None for value in answer.values()):
            return not_attempted()
        for key in self.expected:
            if number(answer[key]) is None:
                return not_yet(f"{key!r} needs a number, got {show(answer[key])}.")
        wrong = [key for key in self.expected if not self._near(answer, self.expected, key)]
        if not wrong:
            return correct(f"all {len(self.expected)} predictions are right.")
        causes = {key: cause for key in reversed(wrong) if (cause := self._cause(answer, key))}
        key = next(reversed(causes), wrong[0])
        because = f"\nLikely cause: {causes[key]}" if causes else ""
        return not_yet(f"{key!r}: {show(answer[key])} is not what happens.{because}")

    def _cause(self, answer: dict, key: str) -> str:
        """Return the cause that explains a wrong prediction, if one does."""
        for cause, mistake in self.mistakes.items():
            about = key in mistake and not self._near(mistake, self.expected, key)
            if about and all(self._near(answer, mistake, each) for each in mistake):
                return cause
        return ""

    def _near(self, answer: dict, numbers: dict, key: str) -> bool:
        return abs(number(answer[key]) - numbers[key]) <= self.tolerance
