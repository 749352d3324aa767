"""A plateau at work: the noisy quadratic evaluated through noise of its own."""

from __future__ import annotations

from ...schedules import ReduceLROnPlateau
from ..sketch import Curve
from .noise import normals

DIRECTIONS = 10  # with curvatures 1, 1/2, 1/3, ... and gradient noise in proportion
UPDATES = 5  # between two evaluations


def plateau(
    noise: float,
    patience: int,
    factor: float,
    threshold: float,
    cooldown: int,
    base_lr: float = 0.5,
    evaluations: int = 60,
    seed: int = 1,
) -> dict[str, tuple[Curve | None, ...]]:
    r"""Train on the noisy quadratic under a plateau that sees its loss through noise.

    Between two evaluations the rate :math:`\eta` stands still, and after :math:`n` updates the
    second moment of the direction of curvature :math:`h` is

    .. math:: A^* + (1 - \eta h)^{2n}(A - A^*), \qquad A^* = \frac{\eta}{2 - \eta h}

    The metric is the expected loss times :math:`1 + \text{noise}\cdot z`, with :math:`z` standard
    normal.

    Args:
        noise: the standard deviation of an evaluation, as a share of the loss.
        patience: as in :class:`lrlib.ReduceLROnPlateau`, in evaluations.
        factor: what is left of the rate after a drop.
        threshold: the share of the best metric by which a better one must beat it.
        cooldown: the evaluations after a drop that cannot count as bad.
        base_lr: the first rate, below 2.
        evaluations: how many there are, with five updates before each.
        seed: of the noise.

    Returns:
        For the plateau the rate after each evaluation and the expected loss; for what is seen, and
        for the best of it so far, a line in the panel of the loss alone.
    """
    watcher = ReduceLROnPlateau(
        base_lr, factor=factor, patience=patience, threshold=threshold, cooldown=cooldown
    )
    moments = [1.0] * DIRECTIONS
    at, rates, losses, seen, best = [0], [base_lr], [_loss(moments)], [], []
    for z in normals(evaluations, seed):
        moments = _after(moments, watcher.lr)
        losses.append(_loss(moments))
        seen.append(losses[-1] * (1 + noise * z))
        before = watcher.lr
        rate = watcher.update(seen[-1])
        best.append(watcher.best)
        at += [len(seen), len(seen)]  # twice, so that a drop is a cliff
        rates += [before, rate]
    drops = sum(later < earlier for earlier, later in zip(rates, rates[1:], strict=False))
    text = f"{watcher.lr:.3g} after {drops} drop{'' if drops == 1 else 's'}"
    evaluated = list(range(1, evaluations + 1))
    return {
        "plateau": (Curve(at, rates, text=text), Curve([0, *evaluated], losses)),
        "seen": (None, Curve(evaluated, seen)),
        "best": (None, Curve(evaluated, best)),
    }


def _loss(moments: list[float]) -> float:
    """Return the expected loss, half the sum of curvature times second moment."""
    return sum(moment / i for i, moment in enumerate(moments, start=1)) / 2


def _after(moments: list[float], rate: float) -> list[float]:
    """Return the second moments after the updates before the next evaluation, all at one rate."""
    found = []
    for i, moment in enumerate(moments, start=1):
        floor = rate / (2 - rate / i)
        keep = (1 - rate / i) ** (2 * UPDATES)
        found.append(floor + keep * (moment - floor))
    return found
