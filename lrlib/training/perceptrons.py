"""R perceptrons side by side: forward and backward written out.

What a plain loop spends on small matrices is mostly overhead. Here the matrices of many runs are
stacked along a leading axis and multiplied together, into buffers that are made once. Examples lie
in columns, so that every product has its long side where the processor wants it.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from .model import initial_weights

EVAL_CHUNK = 200  # examples evaluated together: few enough for the cache, a multiple of eight


class Perceptrons:
    """R perceptrons of one shape, with everything that a gradient needs allocated once.

    ``weights`` is flat. Its ``parts`` are views of it: the matrices of each layer, of shape
    [R, outputs, inputs] as in ``nn.Linear``, and last the biases of all layers in one, of shape
    [R, all outputs, 1].

    Args:
        sizes: the widths of input, hidden layers and output.
        seeds: the R seeds, each of which decides the initial weights as for
            :func:`lrlib.training.model.mlp`.
        batch_size: the number of examples in the batch of each run.
        device: where to compute.
        dtype: the type of the weights and of the examples.
    """

    def __init__(
        self,
        sizes: Sequence[int],
        seeds: Sequence[int],
        batch_size: int,
        device: str = "cpu",
        dtype: torch.dtype = torch.float32,
    ) -> None:
        each = {seed: initial_weights(sizes, seed) for seed in seeds}
        place = {seed: i for i, seed in enumerate(each)}
        rows = torch.tensor([place[seed] for seed in seeds], device=device)
        drawn = [torch.stack(same).to(device, dtype) for same in zip(*each.values(), strict=True)]
        matrices, biases = drawn[::2], torch.cat(drawn[1::2], dim=1).unsqueeze(2)
        initial = [part[rows] for part in (*matrices, biases)]
        self.runs = len(seeds)
        self.batch_size = batch_size
        self.loss = torch.empty(self.runs, device=device, dtype=dtype)
        self.weights = torch.cat([part.flatten() for part in initial])
        self._shapes = [part.shape for part in initial]
        self.parts = self.split(self.weights)

        inputs, *outputs = sizes
        self._matrices = self.parts[:-1]
        self._turned = [matrix.mT for matrix in self._matrices]
        self._biases = self.parts[-1].split(outputs, dim=1)
        new = self.weights.new_empty
        self._x = new(self.runs * batch_size, inputs)
        self._y = torch.empty(self.runs * batch_size, device=device, dtype=torch.int64)
        columns = self._x.view(self.runs, batch_size, inputs).mT
        self._labels = self._y.view(self.runs, 1, batch_size)
        self._layers = [columns, *(new(self.runs, width, batch_size) for width in outputs)]
        self._layers_turned = [layer.mT for layer in self._layers]
        self._back = [torch.empty_like(layer) for layer in self._layers[1:]]
        self._sums = new(self.runs, sum(outputs), 1)
        self._sums_by_layer = self._sums.split(outputs, dim=1)
        self._minus_one = -torch.ones_like(self._back[-1][:, :1])

    def split(self, flat: Tensor) -> list[Tensor]:
        """Return the parts of a tensor that is laid out as ``weights``, as views."""
        sizes = [shape.numel() for shape in self._shapes]
        return [
            part.view(shape) for part, shape in zip(flat.split(sizes), self._shapes, strict=True)
        ]

    def gradient(
        self, x: Tensor, y: Tensor, batch: Tensor, into: list[Tensor], keep: float
    ) -> None:
        """Set ``into`` to ``keep`` times itself plus the gradient of one batch of each run.

        The mean loss of each run's batch is then in ``loss``, of shape [R].

        Args:
            x: the examples.
            y: their labels.
            batch: which of them each run sees, one run after another, shape [R * batch_size].
            into: parts, as :meth:`split` returns them.
            keep: what is left of them; at 0 they are only written.
        """
        torch.index_select(x, 0, batch, out=self._x)
        torch.index_select(y, 0, batch, out=self._y)
        last = len(self._matrices) - 1
        for i, (matrix, bias) in enumerate(zip(self._matrices, self._biases, strict=True)):
            torch.baddbmm(bias, matrix, self._layers[i], out=self._layers[i + 1])
            if i < last:
                self._layers[i + 1].relu_()
        logs = torch.log_softmax(self._layers[-1], dim=1)
        right = logs.gather(1, self._labels).squeeze(1)
        scale = 1 / self.batch_size
        torch.sum(right, dim=1, out=self.loss).mul_(-scale)

        torch.exp(logs, out=self._back[-1]).scatter_add_(1, self._labels, self._minus_one)
        for i in range(last, -1, -1):
            back = self._back[i]
            into[i].baddbmm_(back, self._layers_turned[i], beta=keep, alpha=scale)
            torch.sum(back, dim=2, keepdim=True, out=self._sums_by_layer[i])
            if i:
                below = torch.bmm(self._turned[i], back, out=self._back[i - 1])
                # What ReLU let pass, in one go and in place.
                torch.ops.aten.threshold_backward.grad_input(
                    below, self._layers[i], 0, grad_input=below
                )
        into[-1].mul_(keep).add_(self._sums, alpha=scale)

    def evaluate(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """Return the mean loss and the accuracy on the same examples for every run, shape [R]."""
        loss, correct = self.weights.new_zeros(2, self.runs)
        # All runs see the same examples, so that their first layers are one product.
        first = self._matrices[0].flatten(0, 1), self._biases[0].flatten(0, 1)
        for part, labels in zip(x.split(EVAL_CHUNK), y.split(EVAL_CHUNK), strict=True):
            out = torch.addmm(first[1], first[0], part.T).view(self.runs, -1, len(part))
            for matrix, bias in zip(self._matrices[1:], self._biases[1:], strict=True):
                out = torch.baddbmm(bias, matrix, out.relu_())
            labels = labels.expand(self.runs, 1, -1)
            loss -= torch.log_softmax(out, dim=1).gather(1, labels).sum(dim=(1, 2))
            correct += (out.gather(1, labels) == out.amax(1, keepdim=True)).sum(dim=(1, 2))
        loss, accuracy = loss / len(x), correct / len(x)
        return loss, torch.where(loss.isnan(), loss, accuracy)
