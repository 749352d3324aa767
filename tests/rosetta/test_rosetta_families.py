"""Schedules of one name, side by side: where the libraries part from each other and from lrlib."""

import pytest

import lrlib
from lrlib.rosetta import port


def rows(table):
    return [pytest.param(*row, id=row[0]) for row in table]


STEPS = (0, 1, 9, 10, 11, 50, 99, 100, 101, 105)
RUN = {"num_warmup_steps": 10, "num_training_steps": 100}
EARLY = (0.999695, 0.998782, 0.569587, 0, 0.000305, 0.001218, 0.010926)
UNMOVED = (0.975528, 0.970440, 0.5, 0.000247, 0, 0, 0)
MOVED = (1, 0.999695, 0.586824, 0.000305, 0)
TORCH_PAIR = [
    port("torch.LinearLR", 1.0, start_factor=1e-9, total_iters=10),
    port("torch.CosineAnnealingLR", 1.0, T_max=90),
]
MMENGINE_PAIR = [
    port("mmengine.LinearLR", 1.0, start_factor=1e-9, end=10),
    port("mmengine.CosineAnnealingLR", 1.0, end=90),
]
# One run of 100 updates, 10 of them warmup, a peak of 1 and a floor of 0.
COSINES = {
    "transformers": port("transformers.cosine", 1.0, **RUN),
    "transformers with a floor": port("transformers.cosine_with_min_lr", 1.0, min_lr=0, **RUN),
    "transformers, warmup rate": port(
        "transformers.cosine_warmup_with_min_lr", 1.0, min_lr=0, **RUN
    ),
    "timm": port("timm.CosineLRScheduler", 1.0, t_initial=100, warmup_t=10),
    "timm with prefix": port(
        "timm.CosineLRScheduler", 1.0, t_initial=90, warmup_t=10, warmup_prefix=True
    ),
    "optax": port(
        "optax.warmup_cosine_decay_schedule",
        init_value=0,
        peak_value=1.0,
        warmup_steps=10,
        decay_steps=100,
    ),
    "keras": port(
        "keras.CosineDecay",
        initial_learning_rate=0,
        decay_steps=90,
        warmup_target=1.0,
        warmup_steps=10,
    ),
    "mmengine": lrlib.SequentialLR(MMENGINE_PAIR, [10]),
    "torch": port("torch.SequentialLR", schedulers=TORCH_PAIR, milestones=[10]),
    "lrlib": lrlib.WarmupWithDecay(1.0, 10, 100),
}


@pytest.mark.parametrize(
    ("library", "values"),
    rows(
        [
            ("transformers", (0, 0.1, 0.9, *MOVED, 0.000305, 0.007596)),
            ("transformers with a floor", (0, 0.1, 0.9, *MOVED, 0.000305, 0.007596)),
            ("transformers, warmup rate", (0.1, 0.2, 1, *EARLY)),
            ("timm", (0, 0.1, 0.9, *UNMOVED)),
            ("timm with prefix", (0, 0.1, 0.9, *MOVED, 0, 0)),
            ("optax", (0, 0.1, 0.9, *MOVED, 0, 0)),
            ("keras", (0, 0.1, 0.9, *MOVED, 0, 0)),
            ("mmengine", (0, 1 / 9, 1, *MOVED[:4], 0.000305, 0.000305, 0.000305)),
            ("torch", (0, 0.1, 0.9, *MOVED, 0.000305, 0.007596)),
            ("lrlib", (0, 0.1, 0.9, *MOVED, 0, 0)),
        ]
    ),
)
def test_cosine_with_linear_warmup_is_not_one_schedule(library, values):
    got = [COSINES[library](step) for step in STEPS]
    assert got == pytest.approx(values, abs=1e-6)


@pytest.mark.parametrize("library", ["transformers", "timm with prefix", "optax", "keras", "torch"])
def test_one_family_of_cosines_is_lrlibs_warmup_with_decay_up_to_its_end(library):
    assert COSINES[library].curve(101) == pytest.approx(COSINES["lrlib"].curve(101), abs=1e-8)


@pytest.mark.parametrize(
    ("library", "steps"),
    rows(
        [
            ("transformers", [10]),
            ("transformers, warmup rate", [9]),
            ("timm", []),
            ("optax", [10]),
            ("mmengine", [9, 10]),
        ]
    ),
)
def test_the_cosines_peak_at_different_updates_or_never(library, steps):
    curve = COSINES[library].curve(100)
    assert [t for t, rate in enumerate(curve) if rate == pytest.approx(1, rel=1e-12)] == steps


@pytest.mark.parametrize(
    ("name", "arguments", "values"),
    rows(
        [
            (
                "torch.OneCycleLR",
                {"max_lr": 1.0, "total_steps": 100},
                {0: 0.04, 29: 1, 30: 0.9995, 98: 0.000507, 99: 4e-6, 100: 0.000507, 101: 0.000507},
            ),
            (
                "torch.OneCycleLR",
                {"max_lr": 1.0, "total_steps": 100, "anneal_strategy": "linear"},
                {0: 0.04, 29: 1, 30: 0.9857, 99: 4e-6, 100: -0.01428, 1000: -0.01428},
            ),
            (
                "torch.OneCycleLR",
                {
                    "max_lr": 1.0,
                    "total_steps": 100,
                    "anneal_strategy": "linear",
                    "three_phase": True,
                },
                {0: 0.04, 29: 1, 30: 0.9669, 98: 0.00098, 99: 4e-6, 100: -0.00097},
            ),
            (
                "optax.cosine_onecycle_schedule",
                {"transition_steps": 100, "peak_value": 1.0},
                {0: 0.04, 29: 0.9974, 30: 1, 98: 0.002017, 99: 0.000507, 100: 4e-6, 200: 4e-6},
            ),
            (
                "optax.linear_onecycle_schedule",
                {"transition_steps": 100, "peak_value": 1.0},
                {0: 0.04, 29: 0.968, 30: 1, 98: 0.00534, 99: 0.00267, 100: 4e-6},
            ),
        ]
    ),
)
def test_one_cycle_peaks_and_ends_one_update_apart(name, arguments, values):
    schedule = port(name, **arguments)
    assert {t: schedule(t) for t in values} == pytest.approx(values, abs=5e-6, rel=2e-3)


DECAY = {"decay_t": [10, 20], "decay_rate": 0.1}


@pytest.mark.parametrize(
    ("schedule", "first"),
    [
        (port("timm.MultiStepLRScheduler", 1.0, **DECAY), 9),
        (port("torch.MultiStepLR", 1.0, milestones=[20, 10]), 10),
        (port("mmengine.MultiStepLR", 1.0, milestones=[10, 20]), 10),
        (
            port(
                "optax.piecewise_constant_schedule",
                init_value=1.0,
                boundaries_and_scales={20: 0.1, 10: 0.1},
            ),
            10,
        ),
        (
            port("keras.PiecewiseConstantDecay", boundaries=[10, 20], values=[1.0, 0.1, 0.01]),
            11,
        ),
    ],
    ids=["timm", "torch", "mmengine", "optax", "keras"],
)
def test_one_milestone_has_three_meanings(schedule, first):
    assert schedule.curve(40) == pytest.approx(
        [1.0] * first + [0.1] * 10 + [0.01] * (30 - first), rel=1e-12
    )


@pytest.mark.parametrize(
    ("name", "lr", "arguments", "values"),
    rows(
        [
            ("torch.PolynomialLR", 1.0, {"total_iters": 100, "power": 2}, (1e-4, 0, 0)),
            (
                "transformers.polynomial",
                1.0,
                {"num_warmup_steps": 0, "num_training_steps": 100, "power": 2},
                (1.001e-4, 1e-7, 1e-7),
            ),
            (
                "optax.polynomial_schedule",
                None,
                {"init_value": 1.0, "end_value": 0, "power": 2, "transition_steps": 100},
                (1e-4, 0, 0),
            ),
            (
                "keras.PolynomialDecay",
                None,
                {
                    "initial_learning_rate": 1.0,
                    "decay_steps": 100,
                    "end_learning_rate": 0,
                    "power": 2.0,
                    "cycle": True,
                },
                (1e-4, 0, 0.245),
            ),
            ("timm.PolyLRScheduler", 1.0, {"t_initial": 100, "power": 2}, (1e-4, 0, 0)),
            ("timm.PolyLRScheduler", 1.0, {"t_initial": 100}, (0.1, 0, 0)),
            ("mmengine.PolyLR", 1.0, {"end": 100, "power": 2}, (0, 0, 0)),
        ]
    ),
)
def test_a_polynomial_ends_at_a_different_update_or_value(name, lr, arguments, values):
    schedule = port(name, lr, **arguments)
    assert [schedule(t) for t in (99, 100, 101)] == pytest.approx(values, rel=1e-3, abs=1e-12)


PAIRS = {
    "torch.StepLR": (
        port("torch.StepLR", 0.3, step_size=7),
        lrlib.StepLR(0.3, 7),
    ),
    "torch.MultiStepLR": (
        port("torch.MultiStepLR", 0.3, milestones=[4, 9, 9]),
        lrlib.MultiStepLR(0.3, [4, 9, 9]),
    ),
    "torch.ConstantLR": (port("torch.ConstantLR", 0.3), lrlib.ConstantLR(0.3)),
    "torch.LinearLR": (port("torch.LinearLR", 0.3), lrlib.LinearLR(0.3)),
    "torch.ExponentialLR": (
        port("torch.ExponentialLR", 0.3, gamma=0.9),
        lrlib.ExponentialLR(0.3, 0.9),
    ),
    "torch.PolynomialLR": (port("torch.PolynomialLR", 0.3), lrlib.PolynomialLR(0.3)),
    "torch.CosineAnnealingWarmRestarts": (
        port("torch.CosineAnnealingWarmRestarts", 0.3, T_0=5, T_mult=2, eta_min=0.1),
        lrlib.CosineAnnealingWarmRestarts(0.3, 0.1, 5),
    ),
    "torch.CyclicLR": (
        port("torch.CyclicLR", base_lr=0.1, max_lr=0.3, step_size_up=5, mode="triangular2"),
        lrlib.CyclicLR(0.1, 0.3, 5, "triangular2"),
    ),
    "torch.SWALR": (
        port("torch.SWALR", 0.3, swa_lr=0.1),
        lrlib.CosineAnnealingLR(0.3, 10, 0.1),
    ),
    "transformers.linear": (
        port("transformers.linear", 0.3, num_warmup_steps=5, num_training_steps=30),
        lrlib.WarmupWithDecay(0.3, 5, 30, decay="linear"),
    ),
    "transformers.inverse_sqrt": (
        port("transformers.inverse_sqrt", 0.3, num_warmup_steps=5),
        lrlib.InverseSqrtLR(0.3, 5),
    ),
    "transformers.warmup_stable_decay": (
        port(
            "transformers.warmup_stable_decay",
            0.3,
            num_warmup_steps=5,
            num_decay_steps=8,
            num_training_steps=30,
        ),
        lrlib.WarmupStableDecay(0.3, 5, 17, 8, decay="cosine"),
    ),
    "timm.WSDLRScheduler": (
        port("timm.WSDLRScheduler", 0.3, t_initial=25, decay_t=8, warmup_t=5),
        lrlib.WarmupStableDecay(0.3, 5, 17, 8),
    ),
    "optax.warmup_exponential_decay_schedule": (
        port(
            "optax.warmup_exponential_decay_schedule",
            init_value=0,
            peak_value=0.3,
            warmup_steps=5,
            transition_steps=1,
            decay_rate=0.9,
        ),
        lrlib.SequentialLR([lrlib.LinearWarmup(0.3, 5), lrlib.ExponentialLR(0.3, 0.9)], [5]),
    ),
    "keras.InverseTimeDecay": (
        port("keras.InverseTimeDecay", initial_learning_rate=0.3, decay_steps=9, decay_rate=2),
        lrlib.InverseTimeLR(0.3, 9, 2),
    ),
    "keras.CosineDecayRestarts": (
        port("keras.CosineDecayRestarts", initial_learning_rate=0.3, first_decay_steps=5),
        lrlib.CosineAnnealingWarmRestarts(0.3, 0, 5),
    ),
}


@pytest.mark.parametrize(("theirs", "ours"), PAIRS.values(), ids=PAIRS)
def test_many_a_name_means_the_same_in_lrlib(theirs, ours):
    assert theirs.curve(60) == pytest.approx(ours.curve(60), rel=1e-12, abs=1e-15)
