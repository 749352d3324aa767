"""What a check found."""

from __future__ import annotations

from dataclasses import dataclass


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


def correct(message: str, printed: str = "") -> Verdict:
    """Return the verdict on a right answer."""
    return Verdict(True, True, f"Correct: {message}", printed)


def not_yet(message: str, printed: str = "") -> Verdict:
    """Return the verdict on a wrong answer."""
    return Verdict(False, True, f"Not yet. {message}", printed)


def not_attempted() -> Verdict:
    """Return the verdict where there is no answer yet."""
    return Verdict(False, False, "Not attempted yet.")
