"""Check the answers to the exercises, and say what is wrong with them.

Plain Python that imports the pure parts of lrlib and little else, because pages run it as it is.
A chapter is one module: it describes each of its exercises as a ``Write`` or a ``Predict``.
"""

import sys

from .chapter_01 import EXERCISES as CHAPTER_01
from .chapter_02 import EXERCISES as CHAPTER_02
from .chapter_03 import EXERCISES as CHAPTER_03
from .chapter_04 import EXERCISES as CHAPTER_04
from .chapter_05 import EXERCISES as CHAPTER_05
from .chapter_06 import EXERCISES as CHAPTER_06
from .chapter_07 import EXERCISES as CHAPTER_07
from .verdict import Verdict

EXERCISES = {
    **CHAPTER_01,
    **CHAPTER_02,
    **CHAPTER_03,
    **CHAPTER_04,
    **CHAPTER_05,
    **CHAPTER_06,
    **CHAPTER_07,
}


_MISSING = object()
_done = set()  # the exercises that a check has found right, in this session


def check(name: str, answer: object = _MISSING) -> None:
    """Print what is right or wrong with an answer, what it printed, and how many are right so far.

    Args:
        name: the exercise, such as ``"05.cosine"``.
        answer: the function that was to be written, or the predictions. What is not given is
            looked up by the name of the exercise where the check is called.

    Raises:
        ValueError: if there is no such exercise.
    """
    verdict = _verdict(name, answer, sys._getframe(1).f_globals)
    (_done.add if verdict.passed else _done.discard)(name)
    print(verdict.message)
    if verdict.printed:
        print(verdict.printed)
    chapter = _chapter(name).values()
    print(f"{sum(each in _done for each in chapter)} of {len(chapter)} done.")


def grade(name: str, answer: object = _MISSING) -> Verdict:
    """Return the verdict that :func:`check` prints.

    Raises:
        ValueError: if there is no such exercise.
    """
    return _verdict(name, answer, sys._getframe(1).f_globals)


def _verdict(name: str, answer: object, known: dict) -> Verdict:
    if name not in EXERCISES:
        raise ValueError(f"name must be one of {', '.join(sorted(EXERCISES))}, got {name!r}")
    asked = name.partition(".")[2]
    answer = known.get(asked, _MISSING) if answer is _MISSING else answer
    if answer is _MISSING:
        return Verdict(
            False, False, f"There is no {asked} yet. Run the cell that defines it, then this one."
        )
    chapter = {short: EXERCISES[full] for short, full in _chapter(name).items()}
    return EXERCISES[name].judge(answer, chapter)


def _chapter(name: str) -> dict:
    """Return the exercises of the same chapter in their order: what each asks for, to its name."""
    number = name.partition(".")[0]
    return {full.partition(".")[2]: full for full in EXERCISES if full.startswith(f"{number}.")}
