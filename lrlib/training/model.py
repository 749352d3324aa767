"""The network of the course: a multilayer perceptron."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from ..schedules.base import check_each, check_length
from .data import check_seed


def mlp(sizes: Sequence[int], seed: int) -> nn.Sequential:
    """Return a perceptron with ReLU between its layers and torch's default initialisation.

    Args:
        sizes: the widths of input, hidden layers and output, at least two.
        seed: decides the initial weights, together with ``sizes`` alone: torch's global generator
            is neither read nor moved.

    Raises:
        ValueError: if there are fewer than two sizes, one is below 1, or ``seed`` is none.
    """
    sizes, seed = check_each("sizes", sizes, check_length), check_seed("seed", seed)
    if len(sizes) < 2:
        raise ValueError(f"sizes must hold at least input and output, got {sizes!r}")
    layers: list[nn.Module] = []
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        for inputs, outputs in zip(sizes[:-1], sizes[1:], strict=True):
            layers += [nn.Linear(inputs, outputs), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def initial_weights(sizes: Sequence[int], seed: int) -> list[Tensor]:
    """Return the initial weights of :func:`mlp`, ten times as fast, as no module is made.

    Args:
        sizes: the widths of input, hidden layers and output.
        seed: decides the weights, together with ``sizes`` alone.

    Returns:
        Matrix and bias of each layer in turn, float32.
    """
    generator = torch.Generator().manual_seed(seed)
    weights = []
    for inputs, outputs in zip(sizes[:-1], sizes[1:], strict=True):
        # Both bounds are 1 / sqrt(inputs); this is how torch rounds the first.
        for bound, shape in (
            (math.sqrt(3) * (math.sqrt(2 / (1 + 5)) / math.sqrt(inputs)), (outputs, inputs)),
            (1 / math.sqrt(inputs), (outputs,)),
        ):
            weights.append(torch.empty(shape).uniform_(-bound, bound, generator=generator))
    return weights
