"""Schedules that go up and down."""

from __future__ import annotations

from dataclasses import dataclass

from .base import (
    LARGEST,
    Schedule,
    check_divisor,
    check_flag,
    check_fraction,
    check_length,
    check_positive,
    check_rate,
    one_of,
    or_none,
)
from .shapes import cosine_fall, geometric, linear_fall

LONGEST = LARGEST / 4  # a length of which pi times is still a float

_ANNEAL = {"cos": cosine_fall, "linear": linear_fall}


@dataclass(frozen=True)
class CyclicLR(Schedule):
    r"""Climb from a base rate to a maximum and back, in straight lines, again and again.

    .. math::
        \eta_t = \eta_{\min} + (\eta_{\max} - \eta_{\min})\,a_t\,h(t \bmod P), \qquad P = u + d

    with the triangle :math:`h(r) = r/u` for :math:`r \le u`, :math:`(P - r)/d` after, and the
    amplitude :math:`a_t` equal to 1 for ``"triangular"``, :math:`2^{-\lfloor t/P \rfloor}` for
    ``"triangular2"`` and :math:`\gamma^t` for ``"exp_range"``. First value
    :math:`\eta_{\min}`, the first peak at step :math:`u`, no end.
    Source: :cite:t:`smith2017cyclical`.

    Args:
        base_lr: the lower rate :math:`\eta_{\min}`, between 0 and ``max_lr``.
        max_lr: the upper rate :math:`\eta_{\max}`, finite and >= 0.
        step_size: the length :math:`u` of the climb in updates, half a cycle, whole and >= 1.
        mode: what becomes of the amplitude: ``"triangular"``, ``"triangular2"``, ``"exp_range"``.
        gamma: the multiplier :math:`\gamma` of each update under ``"exp_range"``, in [0, 1].
        step_size_down: the length :math:`d` of the descent in updates, whole and >= 1; None means
            ``step_size``.

    Raises:
        ValueError: if an argument lies outside its range.
    """

    base_lr: float
    max_lr: float
    step_size: int
    mode: str = "triangular"
    gamma: float = 0.99994
    step_size_down: int | None = None

    _checks = {
        "max_lr": check_rate,
        "base_lr": check_rate,
        "step_size": check_length,
        "mode": one_of("triangular", "triangular2", "exp_range"),
        "gamma": check_fraction,
        "step_size_down": or_none(check_length),
    }
    _at_most = {"base_lr": "max_lr"}

    def momentum(self, base_momentum: float = 0.8, max_momentum: float = 0.9) -> CounterMomentum:
        """Return the momentum that falls while the rate climbs, as torch couples the two."""
        return CounterMomentum(self, base_momentum, max_momentum)

    def _rate(self, step: float) -> float:
        return self.base_lr + (self.max_lr - self.base_lr) * self._height(step)

    def _height(self, step: float) -> float:
        down = self.step_size_down or self.step_size
        cycle, position = divmod(step, self.step_size + down)
        climbing = position <= self.step_size
        rise = position / self.step_size if climbing else 1 - (position - self.step_size) / down
        if self.mode == "triangular2":
            return rise * 0.5**cycle
        return rise * self.gamma**step if self.mode == "exp_range" else rise


@dataclass(frozen=True)
class OneCycleLR(Schedule):
    r"""Climb to a maximum once, then fall far below where the climb began.

    The rate runs through the points

    .. math::
        (0,\ \eta/d), \quad (pT - 1,\ \eta), \quad (T - 1,\ \eta/(d f))

    and between two of them along half a cosine or a straight line. With ``three_phase`` it first
    descends as it climbed, to :math:`(2pT - 2,\ \eta/d)`. First value :math:`\eta/d`, peak
    :math:`\eta` at step :math:`pT - 1`, last value :math:`\eta/(d f)`, reached at step
    :math:`T - 1` and held (one update later, torch is above it, or below zero if linear). A climb
    that ends before the run begins is left out, and with :math:`p = 1` the last update has the
    last value: a phase of no length is over at once. Source: :cite:t:`smith2018disciplined`.

    Args:
        max_lr: the peak :math:`\eta`, finite and >= 0.
        total_steps: the length :math:`T` of the run in updates, whole and >= 1.
        pct_start: the share :math:`p` of the run that climbs, in [0, 1]; at most 1/2 with
            ``three_phase``.
        anneal_strategy: ``"cos"`` or ``"linear"``.
        div_factor: the peak over the first rate, :math:`d`, finite and >= 1.
        final_div_factor: the first rate over the last, :math:`f`, finite and >= 1.
        three_phase: whether the descent mirrors the climb before the last fall.

    Raises:
        ValueError: if an argument lies outside its range.
    """

    max_lr: float
    total_steps: int
    pct_start: float = 0.3
    anneal_strategy: str = "cos"
    div_factor: float = 25.0
    final_div_factor: float = 1e4
    three_phase: bool = False

    _checks = {
        "max_lr": check_rate,
        "total_steps": check_length,
        "three_phase": check_flag,
        "pct_start": check_fraction,
        "anneal_strategy": one_of(*_ANNEAL),
        "div_factor": check_divisor,
        "final_div_factor": check_divisor,
    }

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.three_phase and self.pct_start > 0.5:
            raise ValueError(
                f"pct_start must not exceed 0.5 if there are three phases, got {self.pct_start!r}"
            )

    def momentum(self, base_momentum: float = 0.85, max_momentum: float = 0.95) -> CounterMomentum:
        """Return the momentum that falls while the rate climbs, as torch couples the two."""
        return CounterMomentum(self, base_momentum, max_momentum)

    def _rate(self, step: float) -> float:
        first = self.max_lr / self.div_factor
        last = first / self.final_div_factor
        return self._through(step, (first, self.max_lr, first, last))

    def _height(self, step: float) -> float:
        return self._through(step, (0.0, 1.0, 0.0, 0.0))

    def _through(self, step: float, values: tuple[float, float, float, float]) -> float:
        """Anneal through the values at the start, the peak, the foot of the peak and the end."""
        peak = max(0.0, self.pct_start * self.total_steps - 1)
        times = (0.0, peak, 2 * peak, self.total_steps - 1)
        if not self.three_phase:
            times, values = (0.0, peak, times[3]), (values[0], values[1], values[3])
        start, before = times[0], values[0]
        for end, value in zip(times[1:], values[1:], strict=True):
            if step < end:
                fall = _ANNEAL[self.anneal_strategy](step - start, end - start)
                return before * fall + value * (1 - fall)
            start, before = end, value
        return before


def _check_cycle(name: str, value: object) -> CyclicLR | OneCycleLR:
    if not isinstance(value, (CyclicLR, OneCycleLR)):
        raise ValueError(f"{name} must be a CyclicLR or a OneCycleLR, got {value!r}")
    return value


@dataclass(frozen=True)
class CounterMomentum(Schedule):
    r"""Lower the momentum where a cycle raises the rate, and raise it where it lowers the rate.

    .. math:: \beta_t = \beta_{\max} - (\beta_{\max} - \beta_{\min})\,h_t

    where :math:`h_t` is the height of the cycle: 0 where it starts, 1 at its peak, with the
    amplitude of :class:`CyclicLR`; in the last fall of a :class:`OneCycleLR` with three phases it
    stays 0. Made by their method ``momentum``; drive an optimizer by it through
    ``ScheduledLR(optimizer, schedule, key="momentum")``. Source: :cite:t:`smith2018disciplined`.

    Args:
        cycle: the :class:`CyclicLR` or :class:`OneCycleLR`.
        base_momentum: the momentum :math:`\beta_{\min}` at the peak of the rate, between 0 and
            ``max_momentum``.
        max_momentum: the momentum :math:`\beta_{\max}` at its foot, in [0, 1].

    Raises:
        ValueError: if an argument lies outside its range.
    """

    cycle: CyclicLR | OneCycleLR
    base_momentum: float
    max_momentum: float

    _checks = {"cycle": _check_cycle, "base_momentum": check_rate, "max_momentum": check_fraction}
    _at_most = {"base_momentum": "max_momentum"}

    def _rate(self, step: float) -> float:
        swing = self.max_momentum - self.base_momentum
        return self.max_momentum - swing * self.cycle._height(step)


@dataclass(frozen=True)
class CosineAnnealingWarmRestarts(Schedule):
    r"""Fall along half a cosine, jump back to the top, and fall again, longer each time.

    .. math::
        \eta_t = \eta_{\min} + (\eta_{\max} - \eta_{\min})\,
                 \tfrac12\left(1 + \cos\frac{\pi r}{T_i}\right), \qquad T_i = T_0\,m^i

    at position :math:`r` of cycle :math:`i`. First value and every restart's
    :math:`\eta_{\max}`; :math:`\eta_{\min}` itself is never reached, because the step that would
    have it is the next restart; no end. Cycle :math:`i` starts at step
    :math:`T_0 (m^i - 1)/(m - 1)`, found by counting, exactly. Source: :cite:t:`loshchilov2017sgdr`.

    Args:
        max_lr: the rate :math:`\eta_{\max}` after a restart, finite and >= 0.
        min_lr: the rate :math:`\eta_{\min}` that a cycle falls to, between 0 and ``max_lr``.
        t_0: the length :math:`T_0` of the first cycle in updates, whole and >= 1.
        t_mult: the ratio :math:`m` of a cycle's length to the last one's, whole and >= 1.

    Raises:
        ValueError: if an argument lies outside its range.
    """

    max_lr: float
    min_lr: float
    t_0: int
    t_mult: int = 2

    _checks = {
        "max_lr": check_rate,
        "min_lr": check_rate,
        "t_0": check_length,
        "t_mult": check_length,
    }
    _at_most = {"min_lr": "max_lr"}

    def _rate(self, step: float) -> float:
        length = self.t_0
        if self.t_mult == 1:
            step %= length
        while step >= length:
            step -= length
            length = min(length * self.t_mult, LONGEST)
        return self.min_lr + (self.max_lr - self.min_lr) * cosine_fall(step, length)


@dataclass(frozen=True)
class ExponentialCyclicLR(Schedule):
    r"""Climb from a base rate to a maximum and back by equal ratios, to a lower peak each time.

    .. math::
        \eta_t = \eta_{\min}^{1 - x}\,P_k^{x}, \qquad
        P_k = \eta_{\min} + (\eta_{\max} - \eta_{\min})\,q^k, \qquad
        x = 1 - \left|\frac{2r}{c} - 1\right|

    at position :math:`r` of cycle :math:`k = \lfloor t/c \rfloor`. First value
    :math:`\eta_{\min}`, peak :math:`P_k` half way through each cycle (between two updates if
    :math:`c` is odd), no end.

    Args:
        base_lr: the lower rate :math:`\eta_{\min}`, > 0 and at most ``max_lr``: no ratio leads
            away from 0.
        max_lr: the first peak :math:`\eta_{\max}`, finite and > 0.
        cycle_length: the length :math:`c` of a whole cycle in updates, whole and >= 1.
        decay_rate: the multiplier :math:`q` of the peak's height above the base, in [0, 1].

    Raises:
        ValueError: if an argument lies outside its range.
    """

    base_lr: float
    max_lr: float
    cycle_length: int
    decay_rate: float = 0.96

    _checks = {
        "max_lr": check_positive,
        "base_lr": check_positive,
        "cycle_length": check_length,
        "decay_rate": check_fraction,
    }
    _at_most = {"base_lr": "max_lr"}

    def _rate(self, step: float) -> float:
        cycle, position = divmod(step, self.cycle_length)
        peak = self.base_lr + (self.max_lr - self.base_lr) * self.decay_rate**cycle
        return geometric(self.base_lr, peak, 1 - abs(2 * position / self.cycle_length - 1))
