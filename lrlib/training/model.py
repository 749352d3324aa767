"""The network of the course: a multilayer perceptron."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from ..schedules.base import check_count


def mlp(sizes: Sequence[int], seed: int) -> nn.Sequential:
    """Return a perceptron with ReLU between its layers and torch's default initialisation.

    Args:
        sizes: the widths of input, hidden layers and output, at least two.
        seed: decides the initial weights, together with ``sizes`` alone: torch's global generator
            is neither read nor moved.

    Raises:
        ValueError: if there are fewer than two sizes, or one is below 1.
    """
    if len(sizes) < 2:
        raise ValueError(f"sizes must hold at least input and output, got {sizes!r}")
    for i, size in enumerate(sizes):
        check_count(f"sizes[{i}]", size, least=1)
    layers: list[nn.Module] = []
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        for inputs, outputs in zip(sizes[:-1], sizes[1:], strict=True):
            layers += [nn.Linear(inputs, outputs), nn.ReLU()]
    return nn.Sequential(*layers[:-1])
