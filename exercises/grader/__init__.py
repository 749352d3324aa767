"""Check the answers to the exercises, and say what is wrong with them.

Plain Python that imports the pure parts of lrlib and little else, because pages run it as it is.
A chapter is one module: it describes each of its exercises as a ``Write`` or a ``Predict``.
"""

from .chapter_01 import EXERCISES as CHAPTER_01
from .chapter_02 import EXERCISES as CHAPTER_02
from .chapter_03 import EXERCISES as CHAPTER_03
from .chapter_04 import EXERCISES as CHAPTER_04
from .chapter_05 import EXERCISES as CHAPTER_05
from .chapter_06 import EXERCISES as CHAPTER_06
from .chapter_07 import EXERCISES as CHAPTER_07
from .engine import Verdict

EXERCISES = {
    **CHAPTER_01,
    **CHAPTER_02,
    **CHAPTER_03,
    **CHAPTER_04,
    **CHAPTER_05,
    **CHAPTER_06,
    **CHAPTER_07,
}


def check(name: str, answer: object) -> None:
    """Print what is right or wrong with an answer.

    Args:
        name: the exercise, such as ``"05.cosine"``.
        answer: the function that was to be written, or the predictions.

    Raises:
        ValueError: if there is no such exercise.
    """
    print(grade(name, answer).message)


def grade(name: str, answer: object) -> Verdict:
    """Return the verdict that :func:`check` prints.

    Raises:
        ValueError: if there is no such exercise.
    """
    if name not in EXERCISES:
        raise ValueError(f"name must be one of {', '.join(sorted(EXERCISES))}, got {name!r}")
    return EXERCISES[name].judge(answer)
