import inspect
import json
import math
import os
import subprocess
import sys
from fractions import Fraction

import page_python
import pytest
from hypothesis import given
from hypothesis import strategies as st

import lrlib
from lrlib import (
    ClampLR,
    ConstantLR,
    CosineAnnealingLR,
    CosineAnnealingWarmRestarts,
    CosineWarmup,
    CyclicLR,
    ExponentialCyclicLR,
    ExponentialLR,
    ExponentialWarmup,
    InverseSqrtLR,
    InverseTimeLR,
    LambdaLR,
    LinearLR,
    LinearWarmup,
    MultiStepLR,
    NoamLR,
    OneCycleLR,
    PiecewiseConstantLR,
    PiecewiseLinearLR,
    PolynomialLR,
    ProductLR,
    ScaleLR,
    Schedule,
    SequentialLR,
    ShiftLR,
    StepLR,
    StretchLR,
    WarmupStableDecay,
    WarmupWithDecay,
)
from lrlib.catalog import CATALOG
from lrlib.schedules.base import LARGEST

rates = st.floats(0, 1e3)
fractions = st.floats(0, 1)
counts = st.integers(0, 10_000)
lengths = st.integers(1, 10_000)
factors = st.floats(0, 1) | st.floats(0, 3)  # as often below 1 as above
ratios = st.floats(1, 1e5)
steps = st.one_of(counts, st.floats(0, 1e6))
shapes = st.sampled_from(["cosine", "linear", "1-sqrt", "rex"])
# Steps that do not decrease, with a rate for each.
pieces = st.lists(st.tuples(counts, rates), min_size=1, max_size=5).map(
    lambda drawn: (sorted(step for step, _ in drawn), [rate for _, rate in drawn])
)
# A lower and an upper rate; the positive ones for schedules that move by ratios.
bounds = st.tuples(rates, fractions).map(lambda drawn: (drawn[0] * drawn[1], drawn[0]))
positive = st.tuples(st.floats(1e-6, 1e3), st.floats(1e-6, 1)).map(
    lambda drawn: (drawn[0] * drawn[1], drawn[0])
)


def between(low_and_high, make, *arguments):
    """``make(low, high, ...)`` for a drawn pair of rates and other drawn arguments."""
    return st.builds(lambda pair, *rest: make(*pair, *rest), low_and_high, *arguments)


# How each class is made from legal arguments.
MADE = {
    ConstantLR: st.builds(ConstantLR, rates, fractions, counts),
    StepLR: st.builds(StepLR, rates, lengths, factors),
    MultiStepLR: st.builds(MultiStepLR, rates, st.lists(counts, max_size=4), factors),
    ExponentialLR: st.builds(ExponentialLR, rates, factors),
    LinearLR: st.builds(LinearLR, rates, factors, factors, counts),
    PolynomialLR: between(
        bounds, lambda lo, hi, n, p: PolynomialLR(hi, n, p, lo), counts, st.floats(0.01, 9)
    ),
    CosineAnnealingLR: st.builds(CosineAnnealingLR, rates, counts, rates),
    InverseTimeLR: st.builds(InverseTimeLR, rates, lengths, rates),
    LinearWarmup: between(bounds, lambda lo, hi, n: LinearWarmup(hi, n, lo), counts),
    ExponentialWarmup: between(positive, lambda lo, hi, n: ExponentialWarmup(hi, n, lo), counts),
    CosineWarmup: between(bounds, lambda lo, hi, n: CosineWarmup(hi, n, lo), counts),
    WarmupWithDecay: between(
        bounds,
        lambda lo, hi, w, n, shape, start: WarmupWithDecay(hi, w, w + n, lo, shape, start * hi),
        counts,
        counts,
        shapes,
        fractions,
    ),
    InverseSqrtLR: between(
        bounds, lambda lo, hi, w, tau: InverseSqrtLR(hi, w, tau, lo), counts, st.none() | lengths
    ),
    NoamLR: st.builds(NoamLR, lengths, lengths, rates),
    WarmupStableDecay: between(
        bounds,
        lambda lo, hi, w, s, d, shape, start: WarmupStableDecay(hi, w, s, d, lo, shape, start * hi),
        counts,
        counts,
        counts,
        shapes,
        fractions,
    ),
    CyclicLR: between(
        bounds,
        CyclicLR,
        lengths,
        st.sampled_from(["triangular", "triangular2", "exp_range"]),
        fractions,
        st.none() | lengths,
    ),
    OneCycleLR: st.builds(
        lambda rate, n, pct, shape, div, final, three: OneCycleLR(
            rate, n, pct / 2 if three else pct, shape, div, final, three
        ),
        rates,
        lengths,
        fractions,
        st.sampled_from(["cos", "linear"]),
        ratios,
        ratios,
        st.booleans(),
    ),
    CosineAnnealingWarmRestarts: between(
        bounds,
        lambda lo, hi, n, m: CosineAnnealingWarmRestarts(hi, lo, n, m),
        lengths,
        st.integers(1, 10),
    ),
    ExponentialCyclicLR: between(positive, ExponentialCyclicLR, lengths, fractions),
    PiecewiseConstantLR: pieces.map(lambda drawn: PiecewiseConstantLR(drawn[0][1:], drawn[1])),
    PiecewiseLinearLR: pieces.map(lambda drawn: PiecewiseLinearLR(*drawn)),
}
simple = st.one_of(*MADE.values())
MADE |= {
    SequentialLR: st.builds(
        lambda first, second, n: SequentialLR([first, second], [n]), simple, simple, counts
    ),
    ProductLR: st.builds(lambda first, second: ProductLR([first, second]), simple, simple),
    ShiftLR: st.builds(ShiftLR, simple, st.integers(-1000, 1000)),
    StretchLR: st.builds(StretchLR, simple, st.floats(0.01, 100)),
    ScaleLR: st.builds(ScaleLR, simple, rates),
    ClampLR: between(bounds, lambda lo, hi, part: ClampLR(part, lo, hi), simple),
}
schedules = st.one_of(*MADE.values())


def peak(schedule):
    """The rate that a schedule never exceeds."""
    match schedule:
        case NoamLR():
            return schedule.factor / math.sqrt(schedule.d_model * schedule.warmup_steps)
        case SequentialLR():
            return max(map(peak, schedule.schedules))
        case ProductLR():
            return min(math.prod(map(peak, schedule.schedules)), LARGEST)
        case ScaleLR():
            return min(schedule.factor * peak(schedule.schedule), LARGEST)
        case ExponentialLR(rate, gamma) | StepLR(rate, _, gamma) if gamma > 1:
            return LARGEST if rate else 0.0
        case MultiStepLR(rate, milestones, gamma) if gamma > 1:
            return min(rate * gamma ** len(milestones), LARGEST)
        case LinearLR(rate, start, end):
            return rate * max(start, end)
        case CosineAnnealingLR(rate, _, last):
            return max(rate, last)
        case PiecewiseConstantLR(_, values) | PiecewiseLinearLR(_, values):
            return max(values)
        case ShiftLR() | StretchLR():
            return peak(schedule.schedule)
    return vars(schedule).get("max_lr", vars(schedule).get("base_lr"))


def test_every_schedule_of_the_package_is_put_to_these_tests():
    exported = {getattr(lrlib, name) for name in lrlib.__all__}
    elsewhere = {Schedule, LambdaLR, lrlib.CounterMomentum, lrlib.ReduceLROnPlateau}
    assert set(MADE) == exported - elsewhere


@given(schedules, steps)
def test_every_schedule_is_finite_and_between_zero_and_its_peak(schedule, step):
    assert 0 <= schedule(step) <= peak(schedule) * (1 + 1e-12)


@given(schedules, st.integers(0, 50))
def test_a_curve_is_the_schedule_called_step_by_step(schedule, n):
    assert schedule.curve(n) == [schedule(step) for step in range(n)]
    assert schedule.curve(n) == [schedule.get_lr(step) for step in range(n)]


@given(schedules, counts)
def test_a_whole_step_may_be_a_float(schedule, step):
    assert schedule(float(step)) == pytest.approx(schedule(step), rel=1e-12)


@given(schedules)
def test_a_schedule_is_rebuilt_from_its_repr_and_hashes_alike(schedule):
    again = eval(repr(schedule), vars(lrlib))
    assert again == schedule
    assert hash(again) == hash(schedule)


@pytest.mark.parametrize("step", [-1, -1e-9, math.nan, math.inf])
def test_a_step_outside_the_clock_is_refused(step):
    with pytest.raises(ValueError, match="step must be finite and >= 0"):
        ConstantLR(0.1)(step)


FALLING = [StepLR, MultiStepLR, ExponentialLR, PolynomialLR, CosineAnnealingLR, InverseTimeLR]
RISING = [ConstantLR, LinearWarmup, ExponentialWarmup, CosineWarmup]


def grows(schedule):
    """Whether a schedule that can fall or grow grows."""
    match schedule:
        case StepLR(_, _, gamma) | MultiStepLR(_, _, gamma) | ExponentialLR(_, gamma):
            return gamma > 1
        case CosineAnnealingLR(first, _, last):
            return last > first
    return False


@pytest.mark.parametrize("kind", [*FALLING, *RISING], ids=lambda kind: kind.__name__)
@given(st.data(), counts, counts)
def test_a_decay_never_rises_and_a_warmup_never_falls(kind, data, step, gap):
    schedule = data.draw(MADE[kind])
    early, late = schedule(step), schedule(step + gap)
    low, high = (early, late) if kind in RISING or grows(schedule) else (late, early)
    assert low <= high * (1 + 1e-12)


def end(schedule):
    """The step from which a schedule with an end holds its last value, and that value."""
    match schedule:
        case ConstantLR(rate, _, n) | LinearWarmup(rate, n) | CosineWarmup(rate, n):
            return n, rate
        case ExponentialWarmup(rate, n):
            return n, rate
        case LinearLR(rate, _, factor, n):
            return n, rate * factor
        case PolynomialLR(_, n, _, low) | CosineAnnealingLR(_, n, low):
            return n, low
        case WarmupWithDecay(_, _, n, low):
            return n, low
        case WarmupStableDecay(_, warmup, stable, decay, low):
            return warmup + stable + decay, low
        case OneCycleLR(rate, n, _, _, div, final):
            return n - 1, rate / div / final


WITH_END = [LinearLR, PolynomialLR, CosineAnnealingLR, WarmupWithDecay, WarmupStableDecay]


@given(st.one_of(*(MADE[kind] for kind in [*RISING, *WITH_END, OneCycleLR])), st.floats(0, 1e6))
def test_a_schedule_with_an_end_holds_its_last_value_past_it(schedule, beyond):
    last_step, last = end(schedule)
    assert schedule(last_step + beyond) == last


def test_a_schedule_cannot_be_changed():
    with pytest.raises(AttributeError):
        ConstantLR(0.1).base_lr = 0.2


@given(simple, simple, simple, st.integers(0, 40), st.integers(0, 40), st.integers(0, 200))
def test_each_part_of_a_sequence_runs_on_its_own_clock(first, second, third, early, gap, step):
    late = early + gap
    part, start = (
        (third, late) if step >= late else (second, early) if step >= early else (first, 0)
    )
    assert SequentialLR([first, second, third], [early, late])(step) == part(step - start)


@given(simple, simple, steps)
def test_a_product_multiplies_on_one_clock(first, second, step):
    assert ProductLR([first, second])(step) == min(first(step) * second(step), LARGEST)


@given(simple, counts, counts)
def test_a_shift_delays_and_a_shift_back_undoes_it(schedule, steps, step):
    late = ShiftLR(schedule, steps)
    assert late(step + steps) == schedule(step)
    assert late(min(step, steps)) == schedule(0)
    assert ShiftLR(late, -steps)(step) == schedule(step)


@given(simple, lengths, st.integers(0, 1000))
def test_a_stretched_schedule_is_exact_at_whole_multiples(schedule, factor, epoch):
    assert StretchLR(schedule, factor)(epoch * factor) == schedule(epoch)


@given(simple, st.integers(1, 200), st.integers(1, 200), st.integers(0, 1000))
def test_a_stretched_schedule_is_exact_where_a_rounded_factor_leads_to_a_whole_step(
    schedule, updates, epochs, k
):
    """The factor is a ratio that a float rounds: 33 updates of 1.1 an epoch are 30 epochs."""
    assert StretchLR(schedule, updates / epochs)(k * updates) == schedule(k * epochs)


@given(st.floats(0.01, 100), st.floats(0, 1e6))
def test_a_stretched_clock_is_off_by_two_roundings_at_most(factor, step):
    clock = StretchLR(LambdaLR(1.0, lambda t: t), factor)
    assert clock(step) == pytest.approx(step / factor, rel=2**-51, abs=0)


@pytest.mark.parametrize("key", ["constant", "step", "multistep", "sgdr"])
def test_an_example_fitted_to_a_run_jumps_at_the_same_share_of_it(key):
    """Up to update t of T, what the example does up to step 1000 t / T has happened."""
    entry = CATALOG[key]
    example = entry.schedule(**entry.example)
    jumps = [k for k in range(1, 1000) if abs(example(k) - example(k - 1e-6)) > 1e-3]
    assert jumps
    for total_steps in range(10, 3001):
        fitted = StretchLR(example, total_steps / 1000)
        assert entry.fitted(0.1, total_steps).schedule == fitted
        for k in jumps:
            first = -(-k * total_steps // 1000)
            for t in (first - 1, first):
                there = example(Fraction(1000 * t, total_steps))
                assert fitted(t) == pytest.approx(there, rel=1e-9), (total_steps, t)


@given(simple, st.integers(-(10**300), 10**300), st.floats(1e-300, 1e300), st.floats(0, 1e308))
def test_a_clock_that_leaves_the_range_of_floats_stops_at_its_end(schedule, shift, factor, step):
    for moved in (ShiftLR(schedule, 2 * shift), StretchLR(schedule, factor)):
        assert 0 <= moved(step) <= peak(schedule) * (1 + 1e-12)
    clock = LambdaLR(1.0, lambda t: t)
    assert ShiftLR(clock, -int(LARGEST))(step) == LARGEST
    assert StretchLR(clock, 1e-300)(1e300) == LARGEST


@given(simple, fractions, bounds, steps)
def test_a_scale_multiplies_and_a_clamp_bounds(schedule, factor, low_and_high, step):
    low, high = low_and_high
    rate = schedule(step)
    assert ScaleLR(schedule, factor)(step) == factor * rate
    assert ClampLR(schedule, low, high)(step) == sorted([low, rate, high])[1]


@given(rates, steps)
def test_a_lambda_multiplies_its_function(base_lr, step):
    assert LambdaLR(base_lr, lambda t: 1 / (1 + t))(step) == base_lr * (1 / (1 + step))


@given(st.integers(1, 1000))
def test_cosine_and_linear_have_the_same_mean_rate(T):
    """The trapezoid of both curves is half the peak, for every length."""
    for schedule in (CosineAnnealingLR(1, T), LinearLR(1, 1, 0, T)):
        area = sum(schedule.curve(T)) - 0.5 * schedule(0)
        assert area / T == pytest.approx(0.5)


def test_a_subclass_needs_only_its_formula():
    class Half(Schedule):
        def _rate(self, step):
            return 0.5**step

    assert Half().curve(3) == [1, 0.5, 0.25]


# ---- growth ----


def test_a_rate_grows_until_numbers_end():
    schedule = ExponentialLR(1.0, 2.0)
    assert schedule(1023) == 2.0**1023
    assert schedule(1024) == schedule(3000) == schedule(1e300) == LARGEST
    assert StepLR(1.0, 10, 2.0)(10**9) == LARGEST
    assert MultiStepLR(1e200, [1, 2], 1e200)(2) == LARGEST
    assert LinearLR(1e200, 1.0, 1e200, 10)(10) == LARGEST
    assert ScaleLR(schedule, 2.0)(3000) == ProductLR([schedule, schedule])(3000) == LARGEST
    assert ProductLR([schedule, schedule, ConstantLR(0.0)])(3000) == 0.0
    assert ExponentialLR(0.0, 2.0)(10**9) == 0.0
    assert LambdaLR(1.0, lambda t: math.inf)(0) == LARGEST


# ---- first updates that are not wasted ----


@given(rates, st.integers(2, 1000), st.integers(0, 2000))
def test_a_ramp_from_the_first_share_is_that_of_t_plus_one(base_lr, W, t):
    start, expected = base_lr / W, base_lr * min(1, (t + 1) / W)
    for schedule in (
        WarmupWithDecay(base_lr, W - 1, 10_000, base_lr, start_lr=start),
        WarmupStableDecay(base_lr, W - 1, 10_000, 1, start_lr=start),
        SequentialLR(
            [InverseSqrtLR(base_lr, W - 1, start_lr=start), ConstantLR(base_lr, 1)], [W - 1]
        ),
    ):
        assert schedule(t) == pytest.approx(expected, rel=1e-12)


def test_on_a_page_every_schedule_has_the_same_values():
    """The page replaces ``dataclasses`` by a stand-in, and runs the same files."""
    script = """
        import json
        import dataclasses
        from lrlib import Schedule
        from lrlib.catalog import CATALOG

        assert not hasattr(dataclasses, "fields")
        kinds = [row for row in CATALOG.values() if issubclass(row.schedule, Schedule)]
        curves = [row.schedule(**row.example).curve(1001) for row in kinds]
        print(json.dumps(curves))
    """
    found = subprocess.run(
        [sys.executable, "-c", inspect.cleandoc(script)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(page_python.OURS), "."])},
        cwd=page_python.LRLIB.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    kinds = [row for row in CATALOG.values() if issubclass(row.schedule, Schedule)]
    curves = [row.schedule(**row.example).curve(1001) for row in kinds]
    assert json.loads(found.stdout) == curves
