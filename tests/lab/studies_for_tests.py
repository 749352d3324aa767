"""A study without a network: what a run comes to is a formula, and what is trained is counted."""

from types import SimpleNamespace

import numpy as np

from lrlib import ConstantLR, LinearLR
from lrlib.lab.studies import Setting, Study

TINY = {"norm": "pre", "layers": 1}
BEST = {"constant": 0.004, "linear": 0.016, "post": 0.001}  # peaks of the smallest loss
STUDY = Study(
    "toy",
    "Which is better?",
    {
        "constant": Setting(lambda peak, steps: ConstantLR(peak, 1), TINY),
        "linear": Setting(lambda peak, steps: LinearLR(peak, 1, 0, steps), TINY),
        "post": Setting(lambda peak, steps: ConstantLR(peak, 1), TINY | {"norm": "post"}),
    },
    report=(100, 101, 102),
    reference="linear",
    rates=(0.002, 0.004, 0.008),
    choice=(0, 1),
    total_steps=20,
    eval_every=10,
)
CHOICE = {  # what is trained to choose: the grid, and what it grows by
    "constant": [0.002, 0.004, 0.008],
    "linear": [0.002, 0.004, 0.008, 0.016, 0.032],
    "post": [0.0005, 0.001, 0.002, 0.004, 0.008],
}


class Trainer:
    """Stands for ``train_transformers``; a peak's loss is its distance from the best."""

    def __init__(self):
        self.calls = []
        self.fails_at = None

    def __call__(self, schedules, seeds, *, norm, layers, total_steps, eval_every, device, jobs):
        if len(self.calls) == self.fails_at:
            raise KeyboardInterrupt
        labels = [
            "post" if norm == "post" else "linear" if isinstance(each, LinearLR) else "constant"
            for each in schedules
        ]
        peaks = [each(0) for each in schedules]
        self.calls.append([*zip(labels, peaks, strict=True), tuple(seeds)])
        distance = [
            abs(np.log2(peak / BEST[label])) for label, peak in zip(labels, peaks, strict=True)
        ]
        noise = 1e-3 * np.array(seeds) % 0.0031
        loss = 1 + np.array(distance)[:, None] + noise
        return SimpleNamespace(
            train_loss=loss[..., None] + 1 / np.arange(1, total_steps + 1),
            val_loss=loss[..., None] + np.array([2, 1, 0]),
            test_loss=loss + 0.5,
            test_loss_average=loss + 0.25,
            val_loss_average=loss[..., None] - np.array([0, 0, 0.125]),
            diverged=np.zeros(loss.shape, dtype=bool),
        )

    @property
    def trained(self):
        """Every run that was trained, in order."""
        return [
            (label, peak, seed)
            for *settings, seeds in self.calls
            for label, peak in settings
            for seed in seeds
        ]
