"""The record that a run leaves: its numbers, its figure, its files."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..plotting import in_book_style, label_ends
from ..schedules.base import check_length
from .files import whole_file

_BY_UPDATE = ("lr", "momentum", "train_loss")
_BY_EVALUATION = ("val_loss", "val_accuracy")
_AT_THE_END = ("test_loss", "test_accuracy")
_COLUMNS = ("step", *_BY_UPDATE, *_BY_EVALUATION, *_AT_THE_END)


@dataclass(frozen=True, eq=False)
class History:
    """What one run did.

    Losses are mean cross-entropies in nats. A run whose loss stops being finite has diverged: it
    ends with the first training loss that is not, and everything after is NaN.

    Args:
        lr: the rate that each update used, shape [total_steps].
        momentum: the momentum that each update used, AdamW's first beta, shape [total_steps].
        train_loss: the loss of each update's batch, before the update, shape [total_steps].
        eval_step: how many updates were done at each evaluation, shape [evals].
        val_loss: the loss on the validation examples, shape [evals].
        val_accuracy: the share of validation examples classified correctly, shape [evals].
        test_loss: the loss on the test examples after the last update.
        test_accuracy: the share of test examples classified correctly after the last update.
        config: what the run was asked to do, by the names of the arguments.
    """

    lr: np.ndarray
    momentum: np.ndarray
    train_loss: np.ndarray
    eval_step: np.ndarray
    val_loss: np.ndarray
    val_accuracy: np.ndarray
    test_loss: float
    test_accuracy: float
    config: dict[str, object] = field(default_factory=dict)

    @property
    def diverged(self) -> bool:
        """Whether the loss of an update, or that after the last one, is not finite."""
        return not (np.isfinite(self.train_loss).all() and np.isfinite(self.test_loss))

    @in_book_style
    def plot(self) -> Figure:
        """Draw the rate, the losses and the accuracy over the updates, side by side."""
        figure = Figure(figsize=(10.8, 3.2), layout="constrained")
        for ax, draw in zip(figure.subplots(1, 3), self._panels().values(), strict=True):
            draw(ax)
        return figure

    @in_book_style
    def save(self, folder: str | Path) -> None:
        """Write the run into a folder, made if need be.

        ``rate.png``, ``loss.png`` and ``accuracy.png`` are the three panels of :meth:`plot`;
        ``history.csv`` has one row for each update and one for the end, every number exact;
        ``config.json`` is the configuration. Each file is written whole or not at all.

        Args:
            folder: where to write, ``~`` being the home; files of the same names are replaced.

        Raises:
            OSError: if a file cannot be written.
        """
        folder = Path(folder).expanduser()
        for name, draw in self._panels().items():
            figure = Figure(figsize=(7.2, 3.6), layout="constrained")
            draw(figure.subplots())
            with whole_file(folder / f"{name}.png") as file:
                figure.savefig(file, format="png")
        with whole_file(folder / "history.csv", "w", encoding="utf8", newline="") as file:
            table = csv.writer(file, lineterminator="\n")
            table.writerow(_COLUMNS)
            table.writerows(self._rows())
        with whole_file(folder / "config.json", "w", encoding="utf8") as file:
            json.dump(self.config, file, indent=2, allow_nan=False)

    @classmethod
    def load(cls, folder: str | Path) -> History:
        """Return the run that :meth:`save` wrote into a folder, every number as it was.

        Raises:
            FileNotFoundError: if ``history.csv`` or ``config.json`` is not in the folder.
            ValueError: if one of them is not a file that :meth:`save` wrote.
        """
        folder = Path(folder).expanduser()
        path = folder / "history.csv"
        try:
            with path.open(encoding="utf8", newline="") as file:
                names, *rows = (tuple(row) for row in csv.reader(file, strict=True))
            if names != _COLUMNS:
                raise ValueError(f"columns {names}")
            columns = dict(zip(_COLUMNS, zip(*rows, strict=True), strict=True))
            values = {
                name: np.array([float(cell) for cell in cells if cell])
                for name, cells in columns.items()
            }
            at_the_end = [float(values[name].item()) for name in _AT_THE_END]
            evaluated = [bool(cell) for cell in columns["val_loss"]]
            found = cls(
                *(values[name] for name in _BY_UPDATE),
                values["step"][evaluated].astype(int),
                *(values[name] for name in _BY_EVALUATION),
                *at_the_end,
            )
            if rows != [tuple(map(str, row)) for row in found._rows()]:
                raise ValueError("rows that are cut or changed")
            path = folder / "config.json"
            config = json.loads(path.read_text(encoding="utf8"))
            if not isinstance(config, dict):
                raise ValueError(f"a {type(config).__name__}")
        except (ValueError, IndexError, csv.Error) as error:
            raise ValueError(
                f"folder must hold the files of History.save, got another {str(path)!r}"
            ) from error
        return replace(found, config=config)

    def _rows(self) -> list[list[object]]:
        """Return the rows of the table, as many as updates and one more for the end."""
        total_steps = len(self.lr)
        evals = self.eval_step.tolist()
        rows = []
        for step in range(total_steps + 1):
            row: list[object] = [step]
            for name in _BY_UPDATE:
                row.append(float(getattr(self, name)[step]) if step < total_steps else "")
            for name in _BY_EVALUATION:
                row.append(float(getattr(self, name)[evals.index(step)]) if step in evals else "")
            for name in _AT_THE_END:
                row.append(float(getattr(self, name)) if step == total_steps else "")
            rows.append(row)
        return rows

    def _panels(self) -> dict:
        return {"rate": self._draw_rate, "loss": self._draw_loss, "accuracy": self._draw_accuracy}

    def _draw_rate(self, ax: Axes) -> None:
        ax.plot(self.lr)
        ax.set(ylabel="learning rate", ylim=(0, None))
        self._finish(ax)

    def _draw_loss(self, ax: Axes) -> None:
        if len(self.train_loss):
            ax.plot(self.train_loss, color="#767676", linewidth=0.8, label="training")
        ax.plot(self.eval_step, self.val_loss, color="#0072B2", label="validation")
        ax.set(ylabel="loss (nats)")
        self._finish(ax)

    def _draw_accuracy(self, ax: Axes) -> None:
        ax.plot(self.eval_step, self.val_accuracy, color="#0072B2", label="validation")
        ax.set(ylabel="accuracy", ylim=(0, 1))
        self._finish(ax)

    def _finish(self, ax: Axes) -> None:
        ax.set(xlabel="update", xlim=(0, max(1, len(self.lr))))
        label_ends(ax)


def eval_steps(total_steps: int, eval_every: int) -> np.ndarray:
    """Return after how many updates a run is evaluated: 0, every ``eval_every``, and the end."""
    eval_every = check_length("eval_every", eval_every)
    return np.unique(np.append(np.arange(0, total_steps, eval_every), total_steps))
