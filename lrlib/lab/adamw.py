"""AdamW for many runs, of which each is a row of a matrix and has a rate of its own.

What differs from one update to the next is read from tables by a clock, so that an update is the
same sequence of operations each time: see :mod:`lrlib.training.graphs`.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ..training.graphs import Clock, DeviceClock

EPS = 1e-8


class AdamW:
    """AdamW for R runs, as ``torch.optim.AdamW`` with one parameter group that decays and one not.

    Args:
        weights: those of the runs, shape [R, weights], updated in place.
        decayed: how many weights of each run, the first ones, decay.
        rates: the rate of each run at each update, shape [R, total_steps].
        betas: of the mean and of the square of the gradient.
        weight_decay: the share of the weights, times the rate, by which they shrink.
    """

    def __init__(
        self,
        weights: Tensor,
        decayed: int,
        rates: np.ndarray,
        betas: tuple[float, float],
        weight_decay: float,
    ) -> None:
        self.weights = weights
        self.matrices = weights.detach()[:, :decayed]
        self.betas = betas
        self.weight_decay = weight_decay
        self.mean, self.square = weights.new_zeros(2, *weights.shape)
        steps = np.arange(1, rates.shape[1] + 1)
        self.correction = 1 - betas[0] ** steps
        self.shrink, self.size = weights.new_empty(2, rates.shape[1], len(weights), 1)
        self.root = weights.new_tensor(np.sqrt(1 - betas[1] ** steps))
        self.set_rates(rates)

    def set_rates(self, rates: np.ndarray) -> None:
        """Use the rate of each run at each update, shape [R, total_steps]."""
        shrink, size = 1 - self.weight_decay * rates, rates / self.correction
        for table, values in ((self.shrink, shrink), (self.size, size)):
            table.copy_(torch.from_numpy(values.T[..., None]))

    @torch.no_grad()
    def step(self, gradient: Tensor, clock: Clock | DeviceClock) -> None:
        """Make one update.

        Args:
            gradient: of each run, shape [R, weights].
            clock: which update it is.
        """
        self.mean.lerp_(gradient, 1 - self.betas[0])
        self.square.mul_(self.betas[1]).addcmul_(gradient, gradient, value=1 - self.betas[1])
        self.matrices.mul_(clock.read(self.shrink))
        spread = self.square.sqrt().div_(clock.read(self.root)).add_(EPS)
        self.weights.addcdiv_(self.mean * clock.read(self.size), spread, value=-1)


def clip_rows(gradient: Tensor, most: float) -> None:
    """Scale each row of a matrix down to the norm ``most`` where it exceeds it, in place.

    What ``torch.nn.utils.clip_grad_norm_`` does to one run. A row that is not finite stays so, and
    leaves the others as they are.
    """
    norm = torch.linalg.vector_norm(gradient, dim=1, keepdim=True)
    gradient.mul_((most / (norm + 1e-6)).clamp_(max=1.0))
