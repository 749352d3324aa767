"""The values that the literature and the documentation state, step by step."""

import pytest

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
    PolynomialLR,
    ProductLR,
    ScaleLR,
    SequentialLR,
    ShiftLR,
    StepLR,
    StretchLR,
    WarmupStableDecay,
    WarmupWithDecay,
)


def series(*values):
    """Values of the steps 0, 1, 2, ..."""
    return dict(enumerate(values))


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        (ConstantLR(0.3), {0: 0.1, 4: 0.1, 5: 0.3, 1000: 0.3}),
        (ConstantLR(0.3, 0.5, 0), {0: 0.3}),
        (StepLR(1, 30, 0.1), {0: 1, 29: 1, 30: 0.1, 59: 0.1, 95: 0.001}),
        (StepLR(1, 30, 0), {29: 1, 30: 0}),
        (StepLR(1, 1, 0.5), series(1, 0.5, 0.25)),
        (MultiStepLR(1, [10, 20]), {0: 1, 9: 1, 10: 0.1, 19: 0.1, 20: 0.01, 999: 0.01}),
        (MultiStepLR(1, [5, 5, 9], 0.5), {4: 1, 5: 0.25, 9: 0.125}),
        (MultiStepLR(1, [0], 0.5), {0: 0.5}),
        (MultiStepLR(1, []), {0: 1, 99: 1}),
        (ExponentialLR(1, 0.95), {0: 1, 1: 0.95, 13.513407: 0.5}),
        (ExponentialLR(1, 0.01 ** (1 / 2000)), {2000: 0.01}),
        (ExponentialLR(1, 0), {0: 1, 1: 0}),
        (LinearLR(1, 0.1, 1.0, 5), {0: 0.1, 2: 0.46, 5: 1, 6: 1}),
        (LinearLR(0.2, 1, 0, 1000), {0: 0.2, 500: 0.1, 900: 0.02, 1000: 0, 5000: 0}),
        (LinearLR(1, 0.25, 0.75, 0), {0: 0.75}),
        (
            PolynomialLR(10, 8, 2),
            series(10, 7.65625, 5.625, 3.90625, 2.5, 1.40625, 0.625, 0.15625, 0, 0),
        ),
        (PolynomialLR(1, 100, 2), {99: 1e-4, 100: 0, 101: 0}),
        (PolynomialLR(1, 10, min_lr=0.2), {5: 0.6, 10: 0.2, 11: 0.2}),
        (PolynomialLR(1, 0, min_lr=0.2), {0: 0.2}),
        (CosineAnnealingLR(1, 100), {0: 1, 50: 0.5, 75: 0.146447, 80: 0.095492, 100: 0}),
        (CosineAnnealingLR(1, 100, 0.1), {75: 0.231802, 100: 0.1}),
        (CosineAnnealingLR(1, 0, 0.1), {0: 0.1}),
        (InverseTimeLR(1, 20, 1), {0: 1, 20: 0.5, 60: 0.25}),
        (InverseTimeLR(1, 20, 0), {0: 1, 60: 1}),
        (InverseTimeLR(1, 1, 1), series(1, 1 / 2, 1 / 3)),
        (LambdaLR(2, lambda t: 0.5**t), series(2, 1, 0.5)),
        (LinearWarmup(1, 10), {0: 0, 1: 0.1, 9: 0.9, 10: 1, 11: 1}),
        (LinearWarmup(1, 10, 0.5), {0: 0.5, 5: 0.75, 10: 1}),
        (LinearWarmup(1, 0), {0: 1}),
        (ExponentialWarmup(1, 10, 1e-3), {0: 1e-3, 5: 0.0316228, 10: 1, 11: 1}),
        (ExponentialWarmup(1e5, 100, 0.1), {0: 0.1, 1: 0.1 * 1.148154, 100: 1e5}),
        (ExponentialWarmup(1, 0), {0: 1}),
        (CosineWarmup(1, 10), {0: 0, 1: 0.0244717, 5: 0.5, 9: 0.9755283, 10: 1, 11: 1}),
        (CosineWarmup(1, 10, 0.2), {0: 0.2, 5: 0.6, 10: 1}),
        (CosineWarmup(1, 0), {0: 1}),
        (WarmupWithDecay(1, 10, 100), {0: 0, 9: 0.9, 10: 1, 11: 0.999695, 99: 0.000305, 100: 0}),
        (WarmupWithDecay(1, 10, 110, 0.2, "linear"), {10: 1, 60: 0.6, 110: 0.2, 111: 0.2}),
        (WarmupWithDecay(1, 0, 100, decay="1-sqrt"), {0: 1, 25: 0.5, 100: 0}),
        (WarmupWithDecay(1, 0, 100, decay="rex"), {0: 1, 50: 0.6666667, 100: 0}),
        (WarmupWithDecay(1, 10, 10, 0.2), {9: 0.9, 10: 0.2}),
        (WarmupWithDecay(1, 0, 0, 0.2), {0: 0.2}),
        (
            InverseSqrtLR(10, 2),
            series(0, 5, 10, 8.164966, 7.071068, 6.324555, 5.773503, 5.345225, 5, 4.714045),
        ),
        (InverseSqrtLR(1, 10, 30), {9: 0.9, 10: 1, 100: 0.5}),
        (InverseSqrtLR(1, 0), {0: 1, 3: 0.5, 99: 0.1}),
        (InverseSqrtLR(1, 2, 1), {1: 0.5, 2: 1, 5: 0.5}),
        (NoamLR(512, 4000), {0: 0, 2000: 3.493856e-4, 4000: 6.987712e-4, 16000: 3.493856e-4}),
        (NoamLR(1, 4, 6), {1: 0.75, 4: 3, 9: 2}),
        (NoamLR(1, 1), {0: 0, 1: 1, 4: 0.5}),
        (
            WarmupStableDecay(1, 10, 70, 20),
            {0: 0, 9: 0.9, 10: 1, 79: 1, 80: 1, 81: 0.776393, 90: 0.292893, 99: 0.025321, 100: 0},
        ),
        (WarmupStableDecay(1, 10, 70, 20, 0.2, "linear"), {0: 0, 90: 0.6, 100: 0.2, 101: 0.2}),
        (WarmupStableDecay(1, 5, 5, 0, 0.2), {9: 1, 10: 0.2}),
        (WarmupStableDecay(1, 0, 0, 4, decay="linear"), series(1, 0.75, 0.5, 0.25, 0)),
        (WarmupStableDecay(1, 0, 0, 0, 0.2), {0: 0.2}),
        (CyclicLR(0.1, 1, 10), {0: 0.1, 5: 0.55, 10: 1, 15: 0.55, 20: 0.1, 25: 0.55, 30: 1}),
        (CyclicLR(0.1, 1, 10, "triangular2"), {10: 1, 25: 0.325, 30: 0.55, 50: 0.325}),
        (CyclicLR(0.1, 1, 10, "exp_range", 0.98), {25: 0.3715591}),
        (CyclicLR(0, 1, 4, step_size_down=2), series(0, 0.25, 0.5, 0.75, 1, 0.5, 0, 0.25)),
        (CyclicLR(0, 1, 1, step_size_down=1), series(0, 1, 0, 1)),
        (
            OneCycleLR(25, 10, 0.3, "linear", 25, 2),
            series(1, 13, 25, 21.5, 18, 14.5, 11, 7.5, 4, 0.5, 0.5, 0.5),
        ),
        (
            OneCycleLR(25, 10, 0.4, "linear", 25, 4, three_phase=True),
            series(1, 9, 17, 25, 17, 9, 1, 0.75, 0.5, 0.25, 0.25),
        ),
        (OneCycleLR(1, 100), {0: 0.04, 29: 1, 30: 0.9994965, 98: 0.000507, 99: 4e-6, 100: 4e-6}),
        (OneCycleLR(1, 100, 0.0), {0: 1, 99: 4e-6}),
        (OneCycleLR(1, 100, 1.0), {0: 0.04, 98: 0.9997584, 99: 4e-6}),
        (OneCycleLR(1, 1), {0: 4e-6}),
        (
            CosineAnnealingWarmRestarts(1, 0, 10),
            {0: 1, 5: 0.5, 9: 0.0244717, 10: 1, 20: 0.5, 30: 1, 70: 1, 100: 0.6913417, 310: 1},
        ),
        (CosineAnnealingWarmRestarts(1, 0.1, 4, 1), {0: 1, 2: 0.55, 4: 1, 4002: 0.55}),
        (CosineAnnealingWarmRestarts(1, 0, 1, 2), series(1, 1, 0.5, 1)),
        (ExponentialCyclicLR(0.01, 1, 10, 0.5), {0: 0.01, 2.5: 0.1, 5: 1, 10: 0.01, 15: 0.505}),
        (ExponentialCyclicLR(0.01, 1, 1), {0: 0.01, 1: 0.01}),
        (
            SequentialLR([LinearLR(1, 0.1, 1, 5), CosineAnnealingLR(1, 15)], [5]),
            {4: 0.82, 5: 1, 6: 0.989074, 20: 0},
        ),
        (SequentialLR([ConstantLR(1), ConstantLR(2, 1), ConstantLR(3, 1)], [4, 4]), {4: 3}),
        (SequentialLR([ConstantLR(1), ConstantLR(2, 1)], [0]), {0: 2}),
        (ProductLR([ExponentialLR(0.1, 0.5), ConstantLR(1, 0.1, 2)]), series(0.01, 0.005, 0.025)),
        (ShiftLR(LinearWarmup(1, 10), 3), {0: 0, 3: 0, 4: 0.1, 13: 1}),
        (ShiftLR(LinearWarmup(1, 10), -1), {0: 0.1, 8: 0.9, 9: 1}),
        (StretchLR(StepLR(1, 2), 100), {199: 1, 200: 0.1}),
        (ScaleLR(ConstantLR(1, 1), 0.5), {0: 0.5}),
        (ClampLR(LinearWarmup(1, 10), 0.2, 0.7), {0: 0.2, 5: 0.5, 10: 0.7}),
        (CyclicLR(0.1, 1, 10).momentum(), {0: 0.9, 5: 0.85, 10: 0.8, 20: 0.9}),
        (CyclicLR(0.1, 1, 10, "triangular2").momentum(), {10: 0.8, 30: 0.85}),
        (OneCycleLR(1, 100).momentum(), {0: 0.95, 29: 0.85, 99: 0.95, 500: 0.95}),
        (
            OneCycleLR(1, 100, 0.2, "linear", three_phase=True).momentum(0.5, 0.9),
            {38: 0.9, 60: 0.9},
        ),
    ],
    ids=lambda value: repr(value).partition(" at 0x")[0],
)
def test_a_schedule_takes_its_stated_values(schedule, expected):
    for step, rate in expected.items():
        assert schedule(step) == pytest.approx(rate, rel=1e-6, abs=5e-7), step


@pytest.mark.parametrize(
    ("schedule", "mean"),
    [
        (WarmupStableDecay(1, 0, 8000, 2000, decay="linear"), 0.9),
        (WarmupStableDecay(1, 0, 8000, 2000), 0.8667),
        (WarmupWithDecay(1, 0, 10_000, decay="rex"), 0.6137),
        (PolynomialLR(1, 10_000, 2), 0.3333),
        (OneCycleLR(1, 10_000), 0.506),
    ],
    ids=lambda value: repr(value).partition(" at 0x")[0],
)
def test_the_mean_rate_over_a_run_is_the_stated_share_of_the_peak(schedule, mean):
    assert sum(schedule.curve(10_000)) / 10_000 == pytest.approx(mean, abs=2e-4)
