"""Tables that a chapter shows: of its own numbers, and of the scoreboard."""

from __future__ import annotations

from collections.abc import Sequence

from IPython.display import Markdown

from ..lab.scoreboard import OPTIMIZERS, scoreboard


def show_table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> Markdown:
    """Return a table: a row of headings, the first column to the left, the others to the right."""
    rules = [":--"] + ["--:"] * (len(columns) - 1)
    lines = (" | ".join(str(cell) for cell in row) for row in [columns, rules, *rows])
    return Markdown("\n".join(f"| {line} |" for line in lines))


def show_scoreboard(*keys: str) -> Markdown:
    """Return rows of the scoreboard as a table, under SGD and then under AdamW."""
    rows = [
        [
            score.key,
            name,
            f"{score.rate:g}",
            score.loss,
            "" if score.key == "constant" else score.against_constant,
            f"{100 * score.accuracy:.1f}",
        ]
        for optimizer, name in OPTIMIZERS.items()
        for score in scoreboard(*keys, optimizer=optimizer).values()
    ]
    columns = ["schedule", "optimizer", "best peak", "test loss", "against constant", "accuracy, %"]
    return show_table(columns, rows)
