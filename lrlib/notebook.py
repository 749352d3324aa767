"""What a chapter shows beside its figures: lrlib's own source, and questions to its reader."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable, Mapping, Sequence

from IPython.display import Markdown
from jupyterquiz import display_quiz

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


def show_source(*objects: Callable) -> Markdown:
    """Return the source of functions, methods or classes, as it stands in their files."""
    sources = (textwrap.dedent(inspect.getsource(each)).strip() for each in objects)
    return Markdown("```python\n" + "\n\n".join(sources) + "\n```")


def show_table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> Markdown:
    """Return a table: a row of headings, the first column to the left, the others to the right."""
    rules = [":--"] + ["--:"] * (len(columns) - 1)
    lines = (" | ".join(str(cell) for cell in row) for row in [columns, rules, *rows])
    return Markdown("\n".join(f"| {line} |" for line in lines))


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
