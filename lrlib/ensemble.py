"""Many runs at once: every schedule with every seed, as one batched network.

A run's matrices are small; what a plain loop spends on them is mostly overhead. Here the matrices
of many runs are stacked along a leading axis and multiplied together, forward and backward written
out by hand into buffers that are made once. Examples lie in columns, so that every product has its
long side where the processor wants it. Each run is the same computation as
:func:`lrlib.trainer.train` with its schedule and its seed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import joblib
import numpy as np
import torch
from torch import Tensor

from .cache import cache_dir
from .data import Dataset, batch_order
from .model import mlp
from .schedules import Schedule
from .schedules.base import check_rate
from .trainer import HIDDEN, History, eval_steps

CHUNK = 32  # runs trained together: enough to hide the overhead, few enough to stay in cache
EVAL_CHUNK = 250  # examples evaluated together

# The files whose change makes stored runs stale; a test holds this list against the imports.
_SOURCES = ("data.py", "ensemble.py", "model.py", "trainer.py")


@dataclass(frozen=True, eq=False)
class Runs:
    """What S schedules did with K seeds each; see :class:`lrlib.trainer.History`.

    Args:
        seeds: the K seeds.
        lr: the rate that each update used, shape [S, total_steps].
        train_loss: shape [S, K, total_steps].
        eval_step: shape [evals].
        val_loss: shape [S, K, evals].
        val_accuracy: shape [S, K, evals].
        test_loss: shape [S, K].
        test_accuracy: shape [S, K].
    """

    seeds: tuple[int, ...]
    lr: np.ndarray
    train_loss: np.ndarray
    eval_step: np.ndarray
    val_loss: np.ndarray
    val_accuracy: np.ndarray
    test_loss: np.ndarray
    test_accuracy: np.ndarray

    @property
    def diverged(self) -> np.ndarray:
        """Which runs' training loss stopped being finite, shape [S, K]."""
        return ~np.isfinite(self.train_loss).all(axis=2)

    def __getitem__(self, run: tuple[int, int]) -> History:
        """Return one run by the positions of its schedule and its seed."""
        return History(
            self.lr[run[0]],
            self.train_loss[run],
            self.eval_step,
            self.val_loss[run],
            self.val_accuracy[run],
            self.test_loss[run],
            self.test_accuracy[run],
        )


def train_many(
    schedules: Sequence[Schedule],
    seeds: Sequence[int],
    data: Dataset,
    *,
    hidden: Sequence[int] = HIDDEN,
    total_steps: int = 1500,
    batch_size: int = 64,
    momentum: float = 0.9,
    eval_every: int = 50,
    device: str = "cpu",
    cache: bool = True,
) -> Runs:
    """Train a perceptron under every schedule with every seed.

    Runs of the same seed share their initial weights and their batches, so that schedules can be
    compared seed by seed. A run that diverges is reported and leaves the others as they are.

    Args:
        schedules: the S schedules.
        seeds: the K seeds.
        data: what to train on, choose by and report on.
        hidden: the widths of the hidden layers.
        total_steps: the number of updates of each run.
        batch_size: the number of examples in each update.
        momentum: the factor of the velocity.
        eval_every: the number of updates between two evaluations.
        device: where to train, as torch names it: ``"cpu"`` or ``"cuda"``.
        cache: whether to keep the result in :func:`lrlib.cache.cache_dir` and look there first. It
            is kept under the rates, the data and every other argument, the source of the trainer
            and the version of torch, and is computed anew when any of them changes.

    Raises:
        ValueError: if there is no schedule or no seed, or an argument is outside its range.
    """
    if not schedules or not seeds:
        raise ValueError(f"schedules and seeds must not be empty, got {schedules!r} and {seeds!r}")
    check_rate("momentum", momentum, 1, "1")
    rates = np.array([schedule.curve(total_steps) for schedule in schedules])
    compute = _train
    if cache:
        memory = joblib.Memory(cache_dir() / "runs", verbose=0)
        compute = memory.cache(_train, ignore=["data"])
    return compute(
        rates=rates,
        seeds=tuple(seeds),
        hidden=tuple(hidden),
        batch_size=batch_size,
        momentum=momentum,
        evals=eval_steps(total_steps, eval_every),
        device=device,
        key=(data.digest(), _fingerprint()),
        data=data,
    )


def _fingerprint() -> str:
    """Return a hash of the source of the trainer and the version of torch."""
    digest = hashlib.sha256(torch.__version__.encode())
    for name in _SOURCES:
        digest.update(Path(__file__).with_name(name).read_bytes())
    return digest.hexdigest()


def _train(rates, seeds, hidden, batch_size, momentum, evals, device, key, data) -> Runs:
    """Train in chunks of runs. The runs of the first schedule come first, in the order of seeds."""
    total_steps = rates.shape[1]
    sizes = (data.features, *hidden, data.classes)
    models = [mlp(sizes, seed) for seed in seeds]
    batches = torch.stack(
        [batch_order(len(data.x_train), batch_size, total_steps, s) for s in seeds]
    )
    runs = [(s, k) for s in range(len(rates)) for k in range(len(seeds))]
    parts = []
    for first in range(0, len(runs), CHUNK):
        schedule, seed = map(list, zip(*runs[first : first + CHUNK], strict=True))
        network = _Network([models[k] for k in seed], batch_size, device)
        parts.append(_train_chunk(network, rates[schedule], batches[seed], momentum, evals, data))
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    by_run = [column.reshape(len(rates), len(seeds), *column.shape[1:]) for column in columns]
    return Runs(seeds, rates, *by_run[:1], evals, *by_run[1:])


def _train_chunk(network, rates, batches, momentum, evals, data) -> tuple[np.ndarray, ...]:
    """Train R runs: rates of shape [R, T], batches [R, T, batch_size]; results lead with R."""
    runs, total_steps = rates.shape
    device = network.weights.device
    rates = torch.tensor(rates.T, dtype=torch.float32, device=device)
    batches = batches.transpose(0, 1).reshape(total_steps, -1).to(device)
    x, y = data.x_train.to(device), data.y_train.to(device)
    x_val, y_val, x_test, y_test = (
        part.to(device) for part in (data.x_val, data.y_val, data.x_test, data.y_test)
    )
    train_loss = torch.empty(total_steps, runs, device=device)
    validated = []
    for step in range(total_steps):
        if step in evals:
            validated.append(torch.stack(network.evaluate(x_val, y_val)))
        train_loss[step] = network.gradient(x, y, batches[step])
        network.update(rates[step], momentum)
    validated.append(torch.stack(network.evaluate(x_val, y_val)))
    tested = network.evaluate(x_test, y_test)

    val_loss, val_accuracy = torch.stack(validated, dim=-1)
    results = train_loss.T, val_loss, val_accuracy, *tested
    return tuple(result.cpu().numpy() for result in results)


class _Network:
    """R perceptrons side by side, with everything that an update needs allocated once.

    ``weights``, ``velocity`` and ``slope`` (the gradient) are flat; ``matrices`` and ``biases`` are
    views of the weights, of shape [R, outputs, inputs] and [R, outputs, 1] as in ``nn.Linear``.
    """

    def __init__(self, models: list[torch.nn.Sequential], batch_size: int, device: str) -> None:
        parameters = [model.parameters() for model in models]
        tensors = [torch.stack(each).detach() for each in zip(*parameters, strict=True)]
        shapes = [(*t.shape, 1) if t.dim() == 2 else t.shape for t in tensors]
        self.weights = torch.cat([t.flatten() for t in tensors]).to(device)
        self.velocity = torch.zeros_like(self.weights)
        self.slope = torch.zeros_like(self.weights)
        sizes = [t.numel() for t in tensors]
        self.parameters, self.velocities, self.slopes = (
            [part.view(shape) for part, shape in zip(flat.split(sizes), shapes, strict=True)]
            for flat in (self.weights, self.velocity, self.slope)
        )
        self.matrices, self.biases = self.parameters[::2], self.parameters[1::2]
        self.runs = len(models)
        self.batch_size = batch_size
        inputs = self.matrices[0].shape[2]
        new = self.weights.new_empty
        self.x = new(self.runs * batch_size, inputs)
        self.columns = self.x.view(self.runs, batch_size, inputs).mT
        self.outputs = [new(self.runs, m.shape[1], batch_size) for m in self.matrices]
        self.back = [torch.empty_like(output) for output in self.outputs]
        self.minus_one = -torch.ones_like(self.outputs[-1][:, :1])

    def gradient(self, x: Tensor, y: Tensor, batch: Tensor) -> Tensor:
        """Fill ``slope`` for one batch of each run; return the losses, shape [R]."""
        torch.index_select(x, 0, batch, out=self.x)
        labels = y.index_select(0, batch).view(self.runs, 1, self.batch_size)
        below = [self.columns, *self.outputs]
        for i, (matrix, bias) in enumerate(zip(self.matrices, self.biases, strict=True)):
            torch.baddbmm(bias, matrix, below[i], out=below[i + 1])
            if i + 1 < len(self.matrices):
                below[i + 1].relu_()
        logits = below[-1]
        shares = torch.softmax(logits, 1, out=self.back[-1])
        loss = _cross_entropy(logits, shares, labels).mean(dim=(1, 2))

        self.back[-1].scatter_add_(1, labels, self.minus_one)
        self.back[-1].div_(self.batch_size)
        for i in reversed(range(len(self.matrices))):
            torch.bmm(self.back[i], below[i].mT, out=self.slopes[2 * i])
            torch.sum(self.back[i], 2, keepdim=True, out=self.slopes[2 * i + 1])
            if i:
                torch.bmm(self.matrices[i].mT, self.back[i], out=self.back[i - 1])
                self.back[i - 1].mul_(below[i].sign_())  # what ReLU let pass
        return loss

    def update(self, rates: Tensor, momentum: float) -> None:
        """Take one step of SGD with momentum, each run at its own rate."""
        self.velocity.mul_(momentum).add_(self.slope)
        rates = rates.view(-1, 1, 1)
        for parameter, velocity in zip(self.parameters, self.velocities, strict=True):
            parameter.addcmul_(velocity, rates, value=-1)

    def evaluate(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """Return the mean loss and the accuracy on the same examples for every run, shape [R]."""
        loss, correct = self.weights.new_zeros(2, self.runs)
        for part, labels in zip(x.split(EVAL_CHUNK), y.split(EVAL_CHUNK), strict=True):
            out = part.T.expand(self.runs, -1, -1)
            for i, (matrix, bias) in enumerate(zip(self.matrices, self.biases, strict=True)):
                out = torch.baddbmm(bias, matrix, out)
                if i + 1 < len(self.matrices):
                    out.relu_()
            labels = labels.expand(self.runs, 1, -1)
            loss += _cross_entropy(out, torch.softmax(out, 1), labels).sum(dim=(1, 2))
            correct += (out.gather(1, labels) == out.amax(1, keepdim=True)).sum(dim=(1, 2))
        loss, accuracy = loss / len(x), correct / len(x)
        return loss, torch.where(loss.isnan(), loss, accuracy)


def _cross_entropy(logits: Tensor, shares: Tensor, labels: Tensor) -> Tensor:
    """Return each example's loss from logits and their softmax, shape [R, 1, examples].

    The logarithm of the sum of exponentials is the largest logit less the log of its share; that
    takes one logarithm for each example, and no share that could underflow.
    """
    return (
        logits.amax(1, keepdim=True) - logits.gather(1, labels) - shares.amax(1, keepdim=True).log()
    )
