"""R perceptrons side by side: forward and backward written out, and the two optimizers.

What a plain loop spends on small matrices is mostly overhead. Here the matrices of many runs are
stacked along a leading axis and multiplied together, into buffers that are made once. Examples lie
in columns, so that every product has its long side where the processor wants it.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from .updates import BETA2, EPS

EVAL_CHUNK = 250  # examples evaluated together


class Perceptrons:
    """R perceptrons of one shape, with everything that a gradient needs allocated once.

    ``weights`` is flat. Its ``parts`` are views of it: the matrices of each layer, of shape
    [R, outputs, inputs] as in ``nn.Linear``, and last the biases of all layers in one, of shape
    [R, all outputs, 1].

    Args:
        models: the R perceptrons, whose weights are copied.
        batch_size: the number of examples in the batch of each run.
        device: where to compute.
    """

    def __init__(self, models: list[torch.nn.Sequential], batch_size: int, device: str) -> None:
        parameters = zip(*(model.parameters() for model in models), strict=True)
        stacked = [torch.stack(each).detach() for each in parameters]
        matrices, biases = stacked[::2], torch.cat(stacked[1::2], dim=1).unsqueeze(2)
        self.runs = len(models)
        self.batch_size = batch_size
        self._shapes = [part.shape for part in (*matrices, biases)]
        self.weights = torch.cat([part.flatten() for part in (*matrices, biases)]).to(device)
        self.parts = self.split(self.weights)

        outputs = [matrix.shape[1] for matrix in matrices]
        self._matrices = self.parts[:-1]
        self._turned = [matrix.mT for matrix in self._matrices]
        self._biases = self.parts[-1].split(outputs, dim=1)
        inputs = matrices[0].shape[2]
        new = self.weights.new_empty
        self._x = new(self.runs * batch_size, inputs)
        columns = self._x.view(self.runs, batch_size, inputs).mT
        self._layers = [columns, *(new(self.runs, width, batch_size) for width in outputs)]
        self._layers_turned = [layer.mT for layer in self._layers]
        self._back = [torch.empty_like(layer) for layer in self._layers[1:]]
        self._minus_one = -torch.ones_like(self._back[-1][:, :1])

    def split(self, flat: Tensor) -> list[Tensor]:
        """Return the parts of a tensor that is laid out as ``weights``, as views."""
        sizes = [shape.numel() for shape in self._shapes]
        return [
            part.view(shape) for part, shape in zip(flat.split(sizes), self._shapes, strict=True)
        ]

    def gradient(
        self,
        x: Tensor,
        batch: Tensor,
        labels: Tensor,
        into: list[Tensor],
        keep: float,
        loss: Tensor,
    ) -> None:
        """Set ``into`` to ``keep`` times itself plus the gradient of one batch of each run.

        Args:
            x: the examples.
            batch: which of them each run sees, one run after another, shape [R * batch_size].
            labels: theirs, shape [R, 1, batch_size].
            into: parts, as :meth:`split` returns them.
            keep: what is left of them; at 0 they are only written.
            loss: is filled with the mean loss of each run's batch, shape [R].
        """
        torch.index_select(x, 0, batch, out=self._x)
        last = len(self._matrices) - 1
        for i, (matrix, bias) in enumerate(zip(self._matrices, self._biases, strict=True)):
            torch.baddbmm(bias, matrix, self._layers[i], out=self._layers[i + 1])
            if i < last:
                self._layers[i + 1].relu_()
        logs = torch.log_softmax(self._layers[-1], dim=1)
        torch.mean(logs.gather(1, labels), dim=(1, 2), out=loss).neg_()

        torch.exp(logs, out=self._back[-1]).scatter_add_(1, labels, self._minus_one)
        scale = 1 / self.batch_size
        for i in range(last, -1, -1):
            into[i].baddbmm_(self._back[i], self._layers_turned[i], beta=keep, alpha=scale)
            if i:
                below = torch.bmm(self._turned[i], self._back[i], out=self._back[i - 1])
                below.mul_(self._layers[i].sign_())  # what ReLU let pass
        sums = torch.cat([back.sum(dim=2, keepdim=True) for back in self._back], dim=1)
        into[-1].mul_(keep).add_(sums, alpha=scale)

    def evaluate(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """Return the mean loss and the accuracy on the same examples for every run, shape [R]."""
        loss, correct = self.weights.new_zeros(2, self.runs)
        for part, labels in zip(x.split(EVAL_CHUNK), y.split(EVAL_CHUNK), strict=True):
            out = part.T.expand(self.runs, -1, -1)
            for i, (matrix, bias) in enumerate(zip(self._matrices, self._biases, strict=True)):
                out = torch.baddbmm(bias, matrix, out)
                if i + 1 < len(self._matrices):
                    out.relu_()
            labels = labels.expand(self.runs, 1, -1)
            loss -= torch.log_softmax(out, dim=1).gather(1, labels).sum(dim=(1, 2))
            correct += (out.gather(1, labels) == out.amax(1, keepdim=True)).sum(dim=(1, 2))
        loss, accuracy = loss / len(x), correct / len(x)
        return loss, torch.where(loss.isnan(), loss, accuracy)


class SGD:
    """SGD with momentum for R perceptrons, as ``torch.optim.SGD``, each at its own settings.

    Args:
        network: the perceptrons.
        rates: the rate of each run at each update, shape [R, total_steps].
        momentum: the momentum of each run at each update, shape [R, total_steps].
        weight_decay: what is added of the weights to the gradient.
    """

    def __init__(
        self, network: Perceptrons, rates: np.ndarray, momentum: np.ndarray, weight_decay: float
    ) -> None:
        self.network = network
        self.velocity = network.split(torch.zeros_like(network.weights))
        device = network.weights.device
        self.set_rates(rates)
        self.shared = (momentum == momentum[0]).all()
        self.momentum = momentum[0].tolist() if self.shared else _by_step(momentum, device)
        self.weight_decay = weight_decay
        # An update without momentum leaves torch's velocity as it was, which matters if there is
        # momentum again later.
        later = np.maximum.accumulate(momentum[:, ::-1], axis=1)[:, ::-1]
        rests = (momentum == 0) & (later > 0)
        self.rests = {
            step: torch.tensor(rests[:, step], device=device).view(-1, 1, 1)
            for step in np.flatnonzero(rests.any(axis=0)).tolist()
        }

    def set_rates(self, rates: np.ndarray) -> None:
        """Use the rate of each run at each update, shape [R, total_steps]."""
        self.rates = _by_step(rates, self.network.weights.device)

    def step(self, step: int, x: Tensor, batch: Tensor, labels: Tensor, loss: Tensor) -> None:
        """Make update number ``step``; see :meth:`Perceptrons.gradient`."""
        keep, rest = self.momentum[step], self.rests.get(step)
        old = None if rest is None else [velocity.clone() for velocity in self.velocity]
        if not self.shared:
            for velocity in self.velocity:
                velocity.mul_(keep)
            keep = 1.0
        self.network.gradient(x, batch, labels, self.velocity, keep, loss)
        for weights, velocity in zip(self.network.parts, self.velocity, strict=True):
            if self.weight_decay:
                velocity.add_(weights, alpha=self.weight_decay)
            weights.addcmul_(velocity, self.rates[step], value=-1)
        if rest is not None:
            for velocity, before in zip(self.velocity, old, strict=True):
                torch.where(rest, before, velocity, out=velocity)


class AdamW:
    """AdamW for R perceptrons, as ``torch.optim.AdamW``, each at its own settings.

    Args:
        network: the perceptrons.
        rates: the rate of each run at each update, shape [R, total_steps].
        beta1: the first beta of each run at each update, shape [R, total_steps].
        weight_decay: the share of the weights, times the rate, by which they shrink.
    """

    def __init__(
        self, network: Perceptrons, rates: np.ndarray, beta1: np.ndarray, weight_decay: float
    ) -> None:
        self.network = network
        self.slope, self.mean, self.square = torch.zeros(
            (3, *network.weights.shape), device=network.weights.device
        )
        self.weight_decay = weight_decay
        self.correction = 1 - beta1 ** np.arange(1, rates.shape[1] + 1)
        self.set_rates(rates)
        self.share = _by_step(1 - beta1, network.weights.device)
        self.views = [network.split(flat) for flat in (self.slope, self.mean, self.square)]

    def set_rates(self, rates: np.ndarray) -> None:
        """Use the rate of each run at each update, shape [R, total_steps]."""
        device = self.network.weights.device
        self.shrink = _by_step(1 - self.weight_decay * rates, device)
        self.size = _by_step(rates / self.correction, device)

    def step(self, step: int, x: Tensor, batch: Tensor, labels: Tensor, loss: Tensor) -> None:
        """Make update number ``step``; see :meth:`Perceptrons.gradient`."""
        self.network.gradient(x, batch, labels, self.views[0], 0.0, loss)
        self.square.mul_(BETA2).addcmul_(self.slope, self.slope, value=1 - BETA2)
        correction = (1 - BETA2 ** (step + 1)) ** 0.5
        for weights, slope, mean, square in zip(self.network.parts, *self.views, strict=True):
            weights.mul_(self.shrink[step])
            mean.lerp_(slope, self.share[step])
            spread = square.sqrt().div_(correction).add_(EPS)
            weights.addcdiv_(mean * self.size[step], spread, value=-1)


def _by_step(table: np.ndarray, device: torch.device) -> tuple[Tensor, ...]:
    """Return the columns of a table of shape [R, total_steps], each of shape [R, 1, 1]."""
    return torch.tensor(table.T, dtype=torch.float32, device=device)[..., None, None].unbind()
