"""The rate that follows a metric instead of the step."""

from __future__ import annotations

import math

from .base import (
    check_choice,
    check_count,
    check_finite,
    check_fraction,
    check_number,
    check_rate,
    or_none,
)

_STATE = {
    "lr": check_rate,
    "best": or_none(check_finite),
    "bad_evaluations": check_count,
    "cooldown_left": check_count,
}


class ReduceLROnPlateau:
    r"""Multiply the rate by a factor when a metric has stopped improving.

    Not a function of the step: :meth:`update` takes the metric of an evaluation and returns the
    rate to train at from there. An evaluation is *good* if it beats the best one so far by a
    margin :math:`\delta`, and bad if not:

    .. math::
        m < b - \delta \ (\texttt{min}), \qquad m > b + \delta \ (\texttt{max}), \qquad
        \delta = \theta |b| \ (\texttt{rel}), \quad \theta \ (\texttt{abs})

    After more than ``patience`` bad evaluations in a row the rate becomes
    :math:`\max(f\,\eta, \eta_{\min})`, and the next ``cooldown`` evaluations cannot count as bad.
    The first finite metric is good; one that is NaN or infinite is bad and never the best.

    Equal to torch's on finite metrics >= 0. On negative ones torch takes :math:`\theta b` for the
    margin in ``rel`` mode, has it point the wrong way, and counts an unchanged metric as good.

    Args:
        base_lr: the first rate, finite and >= 0.
        mode: ``"min"`` if a smaller metric is better, ``"max"`` if a larger one is.
        factor: the multiplier :math:`f` of each reduction, in [0, 1].
        patience: the bad evaluations in a row that are put up with, whole and >= 0.
        threshold: the margin :math:`\theta`, finite and >= 0.
        threshold_mode: ``"rel"`` if the margin is a share of the best metric, ``"abs"`` if not.
        cooldown: the evaluations after a reduction that cannot count as bad, whole and >= 0.
        min_lr: the rate :math:`\eta_{\min}` below which no reduction goes, between 0 and
            ``base_lr``.
        eps: a reduction by no more than this is left out, finite and >= 0.

    Attributes:
        lr: the rate now.
        best: the best metric so far, None before the first finite one.
        bad_evaluations: the bad evaluations since the last good one or reduction.
        cooldown_left: the evaluations to come that cannot count as bad.

    Raises:
        ValueError: if an argument lies outside its range.
    """

    def __init__(
        self,
        base_lr: float,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: str = "rel",
        cooldown: int = 0,
        min_lr: float = 0.0,
        eps: float = 1e-8,
    ) -> None:
        base_lr = check_rate("base_lr", base_lr)
        self.mode = check_choice("mode", mode, ("min", "max"))
        self.factor = check_fraction("factor", factor)
        self.patience = check_count("patience", patience)
        self.threshold = check_rate("threshold", threshold)
        self.threshold_mode = check_choice("threshold_mode", threshold_mode, ("rel", "abs"))
        self.cooldown = check_count("cooldown", cooldown)
        self.min_lr = check_rate("min_lr", min_lr, base_lr, "base_lr")
        self.eps = check_rate("eps", eps)

        self.lr = base_lr
        self.best: float | None = None
        self.bad_evaluations = 0
        self.cooldown_left = 0

    def update(self, metric: float) -> float:
        """Take the metric of an evaluation, and return the rate from here on.

        Args:
            metric: a number of any library, such as a tensor of one element; NaN and infinity are
                legal.

        Raises:
            ValueError: if ``metric`` is not one number; nothing is changed then.
        """
        metric = check_number("metric", metric)
        if self._is_good(metric):
            self.best = metric
            self.bad_evaluations = 0
        else:
            self.bad_evaluations += 1
        if self.cooldown_left > 0:
            self.cooldown_left -= 1
            self.bad_evaluations = 0
        if self.bad_evaluations > self.patience:
            lower = max(self.lr * self.factor, self.min_lr)
            if self.lr - lower > self.eps:
                self.lr = lower
            self.cooldown_left = self.cooldown
            self.bad_evaluations = 0
        return self.lr

    def curve(self, n: int) -> list[float]:
        """Return the rates of the next ``n`` updates if no metric comes between them.

        Raises:
            ValueError: if ``n`` is not a whole number >= 0.
        """
        return [self.lr] * check_count("n", n)

    def state_dict(self) -> dict[str, float | int | None]:
        """Return the state: the four attributes that :meth:`update` changes, no argument."""
        return {name: getattr(self, name) for name in _STATE}

    def load_state_dict(self, state_dict: dict[str, float | int | None]) -> None:
        """Continue from a state under the arguments of this object.

        Raises:
            ValueError: if an attribute is missing, unknown or out of its range; nothing is changed
                then.
        """
        if sorted(state_dict) != sorted(_STATE):
            raise ValueError(f"state_dict must hold {sorted(_STATE)!r}, got {sorted(state_dict)!r}")
        state = {name: check(name, state_dict[name]) for name, check in _STATE.items()}
        for name, value in state.items():
            setattr(self, name, value)

    def _is_good(self, metric: float) -> bool:
        if not math.isfinite(metric):
            return False
        if self.best is None:
            return True
        sign = 1 if self.mode == "max" else -1
        if self.threshold_mode == "abs":
            bar = self.best + sign * self.threshold
        else:
            # A product, not a sum, so that ties fall as they do in torch.
            bar = self.best * (1 + sign * math.copysign(self.threshold, self.best))
        return sign * metric > sign * bar
