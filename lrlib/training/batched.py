"""The optimizers of R perceptrons, each run at its own settings.

What differs between updates is in tables that lead with a row for each update, and is read from
them by a clock, so that an update can be recorded; see :mod:`lrlib.training.graphs`.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from .graphs import Clock, DeviceClock
from .perceptrons import Perceptrons
from .updates import BETA2, EPS


class SGD:
    """SGD with momentum for R perceptrons, as ``torch.optim.SGD``, each at its own settings.

    Args:
        network: the perceptrons.
        clock: says which update is the present one.
        rates: the rate of each run at each update, shape [R, total_steps].
        momentum: the momentum of each run at each update, shape [R, total_steps].
        weight_decay: what is added of the weights to the gradient.
    """

    def __init__(
        self,
        network: Perceptrons,
        clock: Clock | DeviceClock,
        rates: np.ndarray,
        momentum: np.ndarray,
        weight_decay: float,
    ) -> None:
        self.network = network
        self.clock = clock
        self.velocity = network.split(torch.zeros_like(network.weights))
        self.weight_decay = weight_decay
        self.rates = _by_step(rates, network)
        values = np.unique(momentum)
        self.keep = float(values[0]) if len(values) == 1 else 1.0
        self.momentum = _by_step(momentum, network) if len(values) > 1 else None
        # An update without momentum leaves torch's velocity as it was, which matters if there is
        # momentum again later.
        rests = np.zeros(0)
        if 0 in values and len(values) > 1:
            later = np.maximum.accumulate(momentum[:, ::-1], axis=1)[:, ::-1]
            rests = (momentum == 0) & (later > 0)
        self.rests = _by_step(rests, network, torch.bool) if rests.any() else None

    def set_rates(self, rates: np.ndarray) -> None:
        """Use the rate of each run at each update, shape [R, total_steps]."""
        self.rates.copy_(_by_step(rates, self.network))

    def step(self, x: Tensor, y: Tensor, batch: Tensor) -> None:
        """Make the present update; see :meth:`lrlib.training.perceptrons.Perceptrons.gradient`."""
        if self.rests is not None:
            before = [velocity.clone() for velocity in self.velocity]
        if self.momentum is not None:
            momentum = self.clock.read(self.momentum)
            for velocity in self.velocity:
                velocity.mul_(momentum)
        self.network.gradient(x, y, batch, self.velocity, self.keep)
        rate = self.clock.read(self.rates)
        for weights, velocity in zip(self.network.parts, self.velocity, strict=True):
            if self.weight_decay:
                velocity.add_(weights, alpha=self.weight_decay)
            weights.addcmul_(velocity, rate, value=-1)
        if self.rests is not None:
            rest = self.clock.read(self.rests)
            for velocity, old in zip(self.velocity, before, strict=True):
                torch.where(rest, old, velocity, out=velocity)


class AdamW:
    """AdamW for R perceptrons, as ``torch.optim.AdamW``, each at its own settings.

    Args:
        network: the perceptrons.
        clock: says which update is the present one.
        rates: the rate of each run at each update, shape [R, total_steps].
        beta1: the first beta of each run at each update, shape [R, total_steps].
        weight_decay: the share of the weights, times the rate, by which they shrink.
    """

    def __init__(
        self,
        network: Perceptrons,
        clock: Clock | DeviceClock,
        rates: np.ndarray,
        beta1: np.ndarray,
        weight_decay: float,
    ) -> None:
        self.network = network
        self.clock = clock
        self.weight_decay = weight_decay
        self.slope, self.mean, self.square, self.spread = network.weights.new_zeros(
            4, len(network.weights)
        )
        self.parts = [network.split(flat) for flat in (self.slope, self.mean, self.spread)]
        steps = np.arange(1, rates.shape[1] + 1)
        # The correction of the second moment is taken into the rate and into epsilon.
        correction = np.sqrt(1 - BETA2**steps)
        self.correction = correction / (1 - beta1**steps)
        self.share = _by_step(1 - beta1, network)
        self.epsilon = _by_step(EPS * correction[None], network).flatten()
        self.shrink = _by_step(1 - weight_decay * rates, network)
        self.size = _by_step(rates * self.correction, network)

    def set_rates(self, rates: np.ndarray) -> None:
        """Use the rate of each run at each update, shape [R, total_steps]."""
        self.shrink.copy_(_by_step(1 - self.weight_decay * rates, self.network))
        self.size.copy_(_by_step(rates * self.correction, self.network))

    def step(self, x: Tensor, y: Tensor, batch: Tensor) -> None:
        """Make the present update; see :meth:`lrlib.training.perceptrons.Perceptrons.gradient`."""
        self.network.gradient(x, y, batch, self.parts[0], 0.0)
        self.square.mul_(BETA2).addcmul_(self.slope, self.slope, value=1 - BETA2)
        torch.sqrt(self.square, out=self.spread).add_(self.clock.read(self.epsilon))
        shrink, share, size = map(self.clock.read, (self.shrink, self.share, self.size))
        for weights, slope, mean, spread in zip(self.network.parts, *self.parts, strict=True):
            weights.mul_(shrink)
            mean.lerp_(slope, share)
            weights.addcdiv_(mean * size, spread, value=-1)


def _by_step(table: np.ndarray, network: Perceptrons, dtype: torch.dtype | None = None) -> Tensor:
    """Return a table of shape [R, total_steps] as one of shape [total_steps, R, 1, 1]."""
    weights = network.weights
    columns = torch.tensor(table.T, dtype=dtype or weights.dtype, device=weights.device)
    return columns[..., None, None]
