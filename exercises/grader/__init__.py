"""Check the answers to the exercises, and say what is wrong with them.

Plain Python that imports the pure parts of lrlib and little else, because pages run it as it is.
A chapter is one module: it describes each of its exercises as a ``Write`` or a ``Predict``.
"""

from .chapter_05 import EXERCISES as CHAPTER_05
from .engine import Verdict

EXERCISES = {**CHAPTER_05}


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
