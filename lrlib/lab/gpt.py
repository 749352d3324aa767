"""R small transformers side by side: a byte-level language model with a leading axis of runs.

The weights of a run are one row of a matrix, so that what is done to all weights of a run, as an
optimizer does, is done to a row. The forward pass is the textbook's, with products of stacked
matrices in place of single ones; the backward pass is torch's.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, embedding, gelu, layer_norm, softmax

from ..schedules.base import check_choice, check_count

NORMS = ("pre", "post")
SPREAD = 0.02  # standard deviation of the initial matrices, as in GPT-2
EVAL_WINDOWS = 16  # windows evaluated together


@dataclass(frozen=True)
class GPT:
    """The shape of a transformer that predicts the next symbol from those before it.

    Each layer is causal attention and a perceptron with GELU, four times as wide as the layer;
    each of the two is added to its input. With ``norm="pre"`` its input is normalised, and once
    more the output of the last layer; with ``norm="post"`` the sum is normalised. Positions are
    learned, the output matrix is not tied to the embedding and has no bias.

    Args:
        symbols: the size of the vocabulary.
        norm: ``"pre"`` or ``"post"``: where the layer normalisation stands.
        layers: the number of layers.
        width: the size of the vector at each position.
        heads: the number of attention heads, a divisor of ``width``.
        context: the number of symbols that a prediction can see.

    Raises:
        ValueError: if an argument is outside its range.
    """

    symbols: int
    norm: str = "pre"
    layers: int = 2
    width: int = 64
    heads: int = 4
    context: int = 64

    def __post_init__(self) -> None:
        check_choice("norm", self.norm, NORMS)
        for name in ("symbols", "layers", "width", "heads", "context"):
            check_count(name, getattr(self, name), least=1)
            object.__setattr__(self, name, int(getattr(self, name)))
        if self.width % self.heads:
            raise ValueError(f"heads must divide width ({self.width}), got {self.heads!r}")

    @property
    def matrices(self) -> dict[str, tuple[int, int]]:
        """The shapes of embeddings and matrices, [outputs, inputs] as in ``nn.Linear``."""
        width = self.width
        shapes = {"symbol": (self.symbols, width), "position": (self.context, width)}
        for i in range(self.layers):
            shapes[f"{i}.attend"] = (3 * width, width)
            shapes[f"{i}.attended"] = (width, width)
            shapes[f"{i}.expand"] = (4 * width, width)
            shapes[f"{i}.contract"] = (width, 4 * width)
        return shapes | {"output": (self.symbols, width)}

    @property
    def vectors(self) -> dict[str, tuple[int]]:
        """The shapes of biases and of the scales of normalisations, all vectors."""
        layers = [name for name in self.matrices if name[0].isdigit()]
        shapes = {f"{name}.bias": self.matrices[name][:1] for name in layers}
        norms = [f"{i}.{norm}" for i in range(self.layers) for norm in ("norm1", "norm2")]
        norms += ["norm"] if self.norm == "pre" else []
        for norm in norms:
            shapes |= {f"{norm}.scale": (self.width,), f"{norm}.bias": (self.width,)}
        return shapes

    @property
    def decayed(self) -> int:
        """How many of a run's weights, the first ones, are in matrices."""
        return sum(map(prod, self.matrices.values()))

    @property
    def weights(self) -> int:
        """How many weights a run has."""
        return self.decayed + sum(map(prod, self.vectors.values()))

    def initial_weights(self, seed: int) -> Tensor:
        """Return the weights of one run, float32 of shape [weights], initialised as in GPT-2.

        Matrices are normal with standard deviation .02, those that end in the sum along the layers
        less by the square root of the number of terms, ``2 * layers``; biases are 0, scales 1.

        Args:
            seed: decides them, together with the shape alone: torch's global generator is neither
                read nor moved.
        """
        generator = torch.Generator().manual_seed(seed)
        parts = []
        for name, shape in self.matrices.items():
            ends_in_sum = name.endswith(("attended", "contract"))
            spread = SPREAD / (2 * self.layers) ** 0.5 if ends_in_sum else SPREAD
            drawn = torch.randn(shape, generator=generator, dtype=torch.float32)
            parts.append(drawn.flatten() * spread)
        for name, shape in self.vectors.items():
            value = 1.0 if name.endswith("scale") else 0.0
            parts.append(torch.full(shape, value, dtype=torch.float32))
        return torch.cat(parts)

    def split(self, weights: Tensor) -> dict[str, Tensor]:
        """Return the parts of weights of shape [R, weights] by name, of shape [R] and its own."""
        shapes = self.matrices | self.vectors
        parts = weights.split([prod(shape) for shape in shapes.values()], dim=1)
        return {
            name: part.unflatten(1, shape)
            for (name, shape), part in zip(shapes.items(), parts, strict=True)
        }

    def logits(self, weights: Tensor, seen: Tensor) -> Tensor:
        """Return the logits of each next symbol, shape [R, B * C, symbols].

        Args:
            weights: those of R runs, shape [R, weights].
            seen: B windows of C = ``context`` symbols for each run, int64 of shape [R, B, C].
        """
        runs, batch, context = seen.shape
        part = self.split(weights)

        def linear(name: str, x: Tensor) -> Tensor:
            return torch.baddbmm(part[f"{name}.bias"].unsqueeze(1), x, part[name].mT)

        def normalised(name: str, x: Tensor) -> Tensor:
            scale, bias = part[f"{name}.scale"].unsqueeze(1), part[f"{name}.bias"].unsqueeze(1)
            return torch.addcmul(bias, layer_norm(x, x.shape[-1:]), scale)

        def attention(i: int, x: Tensor) -> Tensor:
            heads = linear(f"{i}.attend", x).view(runs * batch, context, 3, self.heads, -1)
            query, key, value = (each.flatten(0, 1) for each in heads.permute(2, 0, 3, 1, 4))
            scale = query.shape[-1] ** -0.5
            scores = torch.baddbmm(hidden, query, key.mT, alpha=scale)
            mixed = (softmax(scores, dim=-1) @ value).unflatten(0, (-1, self.heads))
            return linear(f"{i}.attended", mixed.transpose(1, 2).reshape(x.shape))

        def perceptron(i: int, x: Tensor) -> Tensor:
            return linear(f"{i}.contract", gelu(linear(f"{i}.expand", x)))

        future = torch.ones(context, context, dtype=torch.bool, device=seen.device).triu(1)
        hidden = weights.new_zeros(context, context).masked_fill(future, -torch.inf)
        # One table for all runs, as an embedding has no axis of runs.
        table = part["symbol"].reshape(runs * self.symbols, self.width)
        first = self.symbols * torch.arange(runs, device=seen.device).view(runs, 1, 1)
        x = embedding(seen + first, table) + part["position"].unsqueeze(1)
        x = x.flatten(1, 2)
        for i in range(self.layers):
            if self.norm == "pre":
                x = x + attention(i, normalised(f"{i}.norm1", x))
                x = x + perceptron(i, normalised(f"{i}.norm2", x))
            else:
                x = normalised(f"{i}.norm1", x + attention(i, x))
                x = normalised(f"{i}.norm2", x + perceptron(i, x))
        if self.norm == "pre":
            x = normalised("norm", x)
        return x @ part["output"].mT

    def loss(self, weights: Tensor, windows: Tensor) -> Tensor:
        """Return the mean cross-entropy of each run in nats a symbol, shape [R].

        Args:
            weights: those of R runs, shape [R, weights].
            windows: B windows of ``context + 1`` symbols for each run, int64, shape [R, B, C + 1].
        """
        logits = self.logits(weights, windows[..., :-1])
        return _by_symbol(logits, windows).mean(dim=1)

    @torch.no_grad()
    def evaluate(self, weights: Tensor, windows: Tensor) -> tuple[Tensor, Tensor]:
        """Return loss and accuracy of each run on the same windows, each of shape [R].

        Args:
            weights: those of R runs, shape [R, weights].
            windows: symbols, shape [windows, C + 1].
        """
        loss, correct = weights.new_zeros(2, len(weights))
        for some in windows.split(EVAL_WINDOWS):
            some = some.long().expand(len(weights), -1, -1)
            logits = self.logits(weights, some[..., :-1])
            loss += _by_symbol(logits, some).sum(dim=1)
            correct += (logits.argmax(dim=2) == some[..., 1:].flatten(1)).sum(dim=1)
        symbols = windows[:, 1:].numel()
        loss, accuracy = loss / symbols, correct / symbols
        return loss, torch.where(loss.isnan(), loss, accuracy)


def _by_symbol(logits: Tensor, windows: Tensor) -> Tensor:
    """Return the cross-entropy of every symbol but the first of each window, [R, B * C]."""
    targets = windows[..., 1:].flatten()
    return cross_entropy(logits.flatten(0, 1), targets, reduction="none").view(len(logits), -1)
