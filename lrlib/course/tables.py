"""Tables that a chapter shows: of its own numbers, and of the scoreboard."""

from __future__ import annotations

from collections.abc import Sequence

from IPython.display import Markdown

from ..lab.protocol import OPTIMIZERS
from ..lab.scoreboard import scoreboard
from ..lab.statistics import Comparison


def show_table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> Markdown:
    """Return a table: a row of headings, the first column to the left, the others to the right."""
    rules = [":--"] + ["--:"] * (len(columns) - 1)
    lines = (" | ".join(str(cell) for cell in row) for row in [columns, rules, *rows])
    return Markdown("\n".join(f"| {line} |" for line in lines))


def show_scoreboard(*keys: str) -> Markdown:
    """Return rows of the scoreboard as a table, under each optimizer of the lab in turn."""
    rows = [
        [
            score.key,
            optimizer.name,
            score.tuned.peak,
            score.loss,
            *(("", "") if score.key == "constant" else _compared(score.against_constant)),
            f"{100 * score.accuracy:.1f}",
        ]
        for name, optimizer in OPTIMIZERS.items()
        for score in scoreboard(*keys, optimizer=name).values()
    ]
    columns = ["schedule", "optimizer", "best peak", "test loss", "against constant", "verdict"]
    return show_table([*columns, "accuracy, %"], rows)


def _compared(comparison: Comparison) -> tuple[Comparison, str]:
    return comparison, comparison.verdict
