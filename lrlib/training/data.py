"""The data that the course trains on: real or generated, and always at hand without a network."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import IO

import numpy as np
import torch
from torch import Tensor

from ..schedules.base import check_count, check_each, check_length, check_rate
from .cache import made_once

MNIST1D_SAMPLES = 44_000
MNIST1D_SEED = 42
MNIST1D_FEATURES = 40
PARTS = ("train", "val", "test")


@dataclass(frozen=True, eq=False)
class Dataset:
    """Examples to train on, to choose by and to report on.

    Inputs are float32 of shape [n, features], standardised per feature by the mean and standard
    deviation of the training inputs. Labels are int64 of shape [n], counted from 0. The trainers
    compute in the type of the inputs; see :meth:`double`.
    """

    name: str
    x_train: Tensor
    y_train: Tensor
    x_val: Tensor
    y_val: Tensor
    x_test: Tensor
    y_test: Tensor

    @property
    def features(self) -> int:
        """The number of features of an example."""
        return self.x_train.shape[1]

    @property
    def classes(self) -> int:
        """The number of classes."""
        return int(self.y_train.max()) + 1

    def double(self) -> Dataset:
        """Return the same data in float64, in which rounding errors are too small to grow large."""
        return replace(self, **{f"x_{part}": getattr(self, f"x_{part}").double() for part in PARTS})

    def digest(self) -> str:
        """Return a hash of every number in the data set."""
        digest = hashlib.sha256()
        for part in PARTS:
            digest.update(getattr(self, f"x_{part}").numpy().tobytes())
            digest.update(getattr(self, f"y_{part}").numpy().tobytes())
        return digest.hexdigest()


def mnist1d() -> Dataset:
    """Return MNIST-1D: 40 features, 10 classes; 38,000 to train, 2,000 to choose, 4,000 to report.

    Ten one-dimensional templates, padded, shifted, sheared and blurred at random. They are
    generated with the seed of the paper, in about ten seconds, the first time; afterwards they come
    from :func:`lrlib.training.cache.cache_dir`. Source: :cite:t:`greydanus2024scaling`.
    """
    name = f"mnist1d-{MNIST1D_SAMPLES}-{MNIST1D_SEED}.npz"
    arrays = made_once(name, _load, _generate_mnist1d, _save)
    return _split("MNIST-1D", *arrays, n_val=2_000, n_test=4_000)


def digits() -> Dataset:
    """Return scikit-learn's digits: 64 features, 10 classes; 1,297 to train, 200 and 300.

    Real images of handwritten digits, 8 by 8 pixels. The split is fixed, and each part holds the
    classes in equal shares.
    """
    # Slow to import, and not for the processes that train: they are given their data.
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    x, y = load_digits(return_X_y=True)
    x, x_test, y, y_test = train_test_split(x, y, test_size=300, stratify=y, random_state=0)
    x, x_val, y, y_val = train_test_split(x, y, test_size=200, stratify=y, random_state=0)
    x, y = np.concatenate([x, x_val, x_test]), np.concatenate([y, y_val, y_test])
    return _split("digits", x, y, n_val=200, n_test=300)


def spirals(classes: int = 3, samples: int = 3000, noise: float = 0.2, seed: int = 0) -> Dataset:
    r"""Return points in the plane on one spiral for each class: 2 features; 60 % to train.

    A point of class :math:`c` of :math:`C` lies at radius :math:`r` and angle :math:`\theta`,

    .. math::
        r \sim \mathrm{U}(0, 1), \qquad
        \theta = 2\pi\left(r + \frac{c}{C}\right) + \sigma z, \quad z \sim \mathrm{N}(0, 1)

    Generated, not measured. Each of the three parts holds the classes in equal shares, to one.

    Args:
        classes: the number :math:`C` of arms, whole and >= 2.
        samples: the number of points, whole and >= ``5 * classes``; a fifth of them to choose by, a
            fifth to report on.
        noise: the standard deviation :math:`\sigma` of the angle in radians, finite and >= 0.
        seed: decides the points; NumPy's global generator is neither read nor moved.

    Raises:
        ValueError: if an argument lies outside its range.
    """
    classes = check_count("classes", classes, least=2)
    samples = check_count("samples", samples, least=5 * classes)
    noise = check_rate("noise", noise)
    seed = check_seed("seed", seed)
    generator = np.random.default_rng(seed)
    labels = np.arange(samples) % classes  # in turn, so that any stretch holds equal shares
    radius = generator.uniform(size=samples)
    angle = 2 * np.pi * (radius + labels / classes) + noise * generator.standard_normal(samples)
    points = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return _split("spirals", points, labels, n_val=samples // 5, n_test=samples // 5)


#: The data sets by the names that the command line gives them.
DATASETS: dict[str, Callable[[], Dataset]] = {
    "digits": digits,
    "mnist1d": mnist1d,
    "spirals": spirals,
}


def batch_order(n: int, batch_size: int, total_steps: int, seed: int) -> Tensor:
    """Return which examples each update sees: indices of shape [total_steps, batch_size].

    Every epoch visits the examples in a new random order; what does not fill a last batch is left
    out of that epoch. The order depends on ``seed`` alone, not on torch's global generator.

    Raises:
        ValueError: if ``batch_size`` is below 1 or above ``n``, ``total_steps`` is negative, or
            ``seed`` is none.
    """
    batch_size = check_batch_size(batch_size, n)
    total_steps = check_count("total_steps", total_steps)
    generator = torch.Generator().manual_seed(check_seed("seed", seed))
    per_epoch = n // batch_size
    epochs = [
        torch.randperm(n, generator=generator)[: per_epoch * batch_size]
        for _ in range(-(-total_steps // per_epoch))
    ]
    if not epochs:
        return torch.empty(0, batch_size, dtype=torch.int64)
    return torch.cat(epochs).view(-1, batch_size)[:total_steps]


def check_batch_size(batch_size: int, n: int) -> int:
    """Return the size of a batch as an int.

    Raises:
        ValueError: unless it is a whole number of the ``n`` examples, at least one.
    """
    batch_size = check_length("batch_size", batch_size)
    if batch_size > n:
        raise ValueError(f"batch_size must not exceed the {n} examples, got {batch_size!r}")
    return batch_size


def check_seed(name: str, value: int) -> int:
    """Return a seed as an int; raise ValueError unless it is whole, >= 0 and below 2^64."""
    if (seed := check_count(name, value)) >= 2**64:
        raise ValueError(f"{name} must be below 2**64, got {value!r}")
    return seed


def check_seeds(name: str, values: Sequence[int]) -> tuple[int, ...]:
    """Return seeds as ints; raise ValueError unless there is one at least, and each is a seed."""
    values = check_each(name, values, check_seed)
    if not values:
        raise ValueError(f"{name} must hold at least one seed, got none")
    return values


@contextmanager
def global_generators_kept() -> Iterator[None]:
    """Give Python's, NumPy's and torch's (CPU) global generators back, whatever happens."""
    python, numpy = random.getstate(), np.random.get_state()  # noqa: NPY002
    try:
        with torch.random.fork_rng(devices=[]):
            yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)  # noqa: NPY002


def _split(name: str, x: np.ndarray, y: np.ndarray, n_val: int, n_test: int) -> Dataset:
    """Cut validation and test examples off the end, and standardise by what is left."""
    n = len(x) - n_val - n_test
    spread = x[:n].std(axis=0)
    x = (x - x[:n].mean(axis=0)) / np.where(spread > 0, spread, 1)
    parts = []
    for part in (slice(n), slice(n, n + n_val), slice(n + n_val, None)):
        parts.append(torch.tensor(x[part], dtype=torch.float32))
        parts.append(torch.tensor(y[part], dtype=torch.int64))
    return Dataset(name, *parts)


def _generate_mnist1d() -> tuple[np.ndarray, np.ndarray]:
    from mnist1d.data import get_dataset_args, make_dataset  # slow to import, and rarely needed

    arguments = get_dataset_args()
    arguments.num_samples = MNIST1D_SAMPLES
    arguments.seed = MNIST1D_SEED
    with global_generators_kept():
        made = make_dataset(arguments)
    return np.concatenate([made["x"], made["x_test"]]), np.concatenate([made["y"], made["y_test"]])


def _load(file: IO[bytes]) -> tuple[np.ndarray, np.ndarray]:
    """Return the stored arrays; an archive checks its own sums."""
    with np.load(file) as arrays:
        x, y = arrays["x"], arrays["y"]
    if (x.shape, y.shape) != ((MNIST1D_SAMPLES, MNIST1D_FEATURES), (MNIST1D_SAMPLES,)):
        raise ValueError(f"arrays of other shapes, {x.shape} and {y.shape}")
    return x, y


def _save(file: IO[bytes], arrays: tuple[np.ndarray, np.ndarray]) -> None:
    np.savez(file, x=arrays[0], y=arrays[1])
