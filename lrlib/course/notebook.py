"""What a chapter uses of its notebook: the style of its figures, source, numbers, questions."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Mapping
from numbers import Integral, Real
from operator import attrgetter

import matplotlib.pyplot as plt
import numpy as np
from IPython.core.interactiveshell import InteractiveShell
from IPython.display import Markdown, display
from jupyterquiz import display_quiz
from matplotlib_inline.backend_inline import set_matplotlib_formats

from ..plotting import STYLE

GLUE_PREFIX = "application/papermill.record/"  # what MyST-NB reads and no front end shows

# The page's colours where the book defines them, the light ones of the book elsewhere.
_COLOURS = {
    "--jq-multiple-choice-bg": "var(--pst-color-surface, #f6f5f1)",
    "--jq-mc-button-bg": "var(--pst-color-on-background, #fffefb)",
    "--jq-mc-button-border": "var(--pst-color-border, #dcd9d0)",
    "--jq-mc-button-inset-shadow": "transparent",
    "--jq-text-color": "var(--pst-color-text-base, #22282f)",
    "--jq-correct-color": "var(--pst-color-success-bg, #e0f2ec)",
    "--jq-incorrect-color": "var(--pst-color-warning-bg, #fbebdf)",
}


def use_book_style() -> None:
    """Draw every later figure in the style of the book, and show it as SVG in notebooks."""
    plt.rcParams.update(STYLE)
    set_matplotlib_formats("svg", metadata={"Date": None})


def numbers(**values: object) -> None:
    """Hand over what the text of a chapter refers to by name: numbers, estimates, short texts.

    The output of the cell carries them, unseen, in the form in which MyST-NB looks for them. A
    number keeps all its digits: the text says how many it shows.

    Args:
        values: name to value; anything but a number goes as the text that it prints as.

    Raises:
        ValueError: if a value is nothing that a text can show: True, None, several numbers.
    """
    for name, value in values.items():
        if value is None or isinstance(value, (bool, np.bool_)) or np.ndim(value):
            raise ValueError(f"{name} must be a number, an estimate or a text, got {value!r}")
        kind = int if isinstance(value, Integral) else float if isinstance(value, Real) else str
        bundle, metadata = InteractiveShell.instance().display_formatter.format(kind(value))
        display(
            {GLUE_PREFIX + mime: content for mime, content in bundle.items()},
            metadata=metadata | {"scrapbook": {"name": name, "mime_prefix": GLUE_PREFIX}},
            raw=True,
        )


def show_source(*objects: Callable) -> Markdown:
    """Return the source of functions, methods or classes, as it stands in their files.

    A method stands in its class, whose other lines are left out; methods of one class that follow
    one another share it.
    """
    parts, before = [], None
    for each in objects:
        source, owner = inspect.getsource(each).rstrip(), _class_of(each)
        if owner is None:
            source = textwrap.dedent(source)
        elif owner is not before:
            source = f"{_head(owner)}\n    ...\n\n{source}"
        parts.append(source)
        before = owner
    return Markdown("```python\n" + "\n\n".join(parts) + "\n```")


def _class_of(member: Callable) -> type | None:
    """Return the class whose body holds a function; None if no class of a module does."""
    name = member.__qualname__.rpartition(".")[0]
    if not name or "<locals>" in name:
        return None
    return attrgetter(name)(inspect.getmodule(member))


def _head(kind: type) -> str:
    """Return the source of a class from ``class`` to the colon."""
    source = textwrap.dedent(inspect.getsource(kind))
    node = ast.parse(source).body[0]
    return "\n".join(source.splitlines()[node.lineno - 1 : node.body[0].lineno - 1])


def ask(question: str, answers: Mapping[str, str], right: str) -> None:
    """Ask the reader to choose, and answer each choice with its own feedback.

    Args:
        question: what is asked.
        answers: the choices in the order shown, each with the feedback to it.
        right: the correct choice.

    Raises:
        ValueError: if ``right`` is not among ``answers``.
    """
    if right not in answers:
        raise ValueError(f"right must be one of {list(answers)!r}, got {right!r}")
    choices = [
        {"answer": answer, "correct": answer == right, "feedback": feedback}
        for answer, feedback in answers.items()
    ]
    display_quiz(
        [{"question": question, "type": "multiple_choice", "answers": choices}],
        shuffle_answers=False,
        border_radius=8,
        max_width=1000,
        colors=_COLOURS,
    )
