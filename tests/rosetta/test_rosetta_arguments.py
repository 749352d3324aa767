"""A port takes its library's own arguments, and names what the library cannot run."""

import pytest

from lrlib.rosetta import port

RUN = {"num_warmup_steps": 10, "num_training_steps": 100}


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("torch.CosineAnnealing", dict(lr=0.1), "names like it: .*torch.CosineAnnealingLR"),
        (
            "jax.cosine",
            dict(lr=0.1),
            "libraries are torch, transformers, timm, optax, keras, mmengine",
        ),
        (
            "torch.StepLR",
            dict(lr=0.1, step=3),
            "unknown argument 'step' of torch.StepLR, which takes lr, step_size, gamma",
        ),
        ("timm.StepLRScheduler", dict(lr=0.1, decay_t=3, noise_range_t=5), "'noise_range_t'"),
        ("torch.StepLR", dict(lr=0.1), "torch.StepLR needs the argument 'step_size'"),
        ("torch.StepLR", dict(step_size=3), "torch.StepLR needs the argument 'lr'"),
        ("optax.constant_schedule", dict(lr=0.1, value=1), "lr must be left out"),
        ("torch.StepLR", dict(lr=-0.1, step_size=3), "lr must be a finite number >= 0, got -0.1"),
        ("torch.StepLR", dict(lr=0.1, step_size=None), "step_size must be a whole number >= 1"),
        ("transformers.polynomial", dict(lr=1e-7, **RUN), "lr_end must be less than lr"),
        ("torch.StepLR", dict(lr=0.1, step_size=0), "step_size must be a whole number >= 1, got 0"),
        (
            "torch.MultiStepLR",
            dict(lr=0.1, milestones=[3, 2.5]),
            r"milestones\[1\] must be a whole",
        ),
        ("torch.MultiStepLR", dict(lr=0.1, milestones=3), "milestones must be a sequence, got 3"),
        (
            "torch.LinearLR",
            dict(lr=0.1, start_factor=0),
            "start_factor must be a finite number > 0",
        ),
        (
            "torch.LinearLR",
            dict(lr=0.1, start_factor=2),
            r"start_factor must be a number in \[0, 1\]",
        ),
        ("torch.LambdaLR", dict(lr=0.1, lr_lambda=3), "lr_lambda must be a function"),
        ("torch.MultiplicativeLR", dict(lr=0.1, lr_lambda=3), "lr_lambda must be a function"),
        ("torch.CosineAnnealingLR", dict(lr=0.1, T_max=0), "T_max must be a whole number >= 1"),
        ("torch.CyclicLR", dict(base_lr=[1, 2], max_lr=3), "base_lr must hold one value"),
        ("torch.CyclicLR", dict(base_lr=1, max_lr=3, mode="x"), "mode must be one of"),
        ("torch.OneCycleLR", dict(max_lr=1), "total_steps, or epochs and steps_per_epoch"),
        (
            "torch.OneCycleLR",
            dict(max_lr=1, total_steps=9, pct_start=1),
            r"pct_start must be a float in \[0, 1\], got 1",
        ),
        (
            "torch.ChainedScheduler",
            dict(lr=0.1, schedulers=[]),
            "schedulers must hold at least one",
        ),
        ("torch.ChainedScheduler", dict(lr=0.0, schedulers=[]), "lr must be a finite number > 0"),
        ("torch.SequentialLR", dict(schedulers=[3], milestones=[]), r"schedulers\[0\]"),
        ("transformers.linear", dict(lr=0.1, num_warmup_steps=3), "'num_training_steps'"),
        ("transformers.polynomial", dict(lr=1e-08, **RUN), "lr_end must be less than lr"),
        (
            "transformers.polynomial",
            dict(lr=0.1, num_warmup_steps=0, num_training_steps=0),
            "num_training_steps must be a whole number >= 1",
        ),
        (
            "transformers.cosine_with_min_lr",
            dict(lr=0.1, **RUN),
            "min_lr or min_lr_rate must be given",
        ),
        (
            "transformers.cosine_with_min_lr",
            dict(lr=0.1, min_lr=0, min_lr_rate=0, **RUN),
            "and not both",
        ),
        (
            "transformers.warmup_stable_decay",
            dict(lr=0.1, num_warmup_steps=1, num_decay_steps=1),
            "num_training_steps or num_stable_steps must be given",
        ),
        (
            "transformers.warmup_stable_decay",
            dict(lr=0.1, num_decay_steps=1, decay_type="x", **RUN),
            "decay_type must be one of 'linear', 'cosine', '1-sqrt'",
        ),
        ("timm.TanhLRScheduler", dict(lr=0.1, t_initial=9, lb=3.0), "lb must be less than ub"),
        ("timm.MultiStepLRScheduler", dict(lr=0.1, decay_t=[3, 1]), "decay_t must not decrease"),
        ("timm.StepLRScheduler", dict(lr=0.1, decay_t=0), "decay_t must be a finite number > 0"),
        ("timm.WSDLRScheduler", dict(lr=0.1, t_initial=9, decay_t=10), "decay_t must not exceed"),
        (
            "timm.WSDLRScheduler",
            dict(lr=0.1, t_initial=9, decay_t=3, decay_ratio=1.0),
            r"decay_ratio must be a number in \(0, 1\)",
        ),
        (
            "timm.WSDLRScheduler",
            dict(lr=0.1, t_initial=9, decay_t=3, decay_fn="x"),
            "decay_fn must be one of",
        ),
        (
            "timm.WSDLRScheduler",
            dict(lr=0.1, t_initial=9, decay_t=3, stable_fn="rsqrt"),
            "stable_timescale must be a finite number > 0, got 0",
        ),
        ("optax.cosine_decay_schedule", dict(init_value=1, decay_steps=0), "decay_steps"),
        (
            "optax.warmup_cosine_decay_schedule",
            dict(init_value=0, peak_value=1, warmup_steps=5, decay_steps=5),
            r"decay_steps must exceed warmup_steps \(5\)",
        ),
        ("optax.sgdr_schedule", dict(cosine_kwargs=[{"init_value": 0}]), "'peak_value'"),
        ("optax.sgdr_schedule", dict(cosine_kwargs=[]), "cosine_kwargs must hold at least one"),
        ("optax.sgdr_schedule", dict(cosine_kwargs=[3]), r"cosine_kwargs\[0\] must be a dict"),
        (
            "optax.piecewise_constant_schedule",
            dict(init_value=1, boundaries_and_scales={2.5: 1}),
            "boundaries_and_scales must be a whole number",
        ),
        (
            "optax.piecewise_constant_schedule",
            dict(init_value=1, boundaries_and_scales={2: -1}),
            r"boundaries_and_scales\[2\] must be a finite",
        ),
        ("keras.PiecewiseConstantDecay", dict(boundaries=[], values=[1]), "boundaries"),
        (
            "keras.PiecewiseConstantDecay",
            dict(boundaries=[3], values=[1]),
            "values must hold 2 rates",
        ),
        (
            "keras.CosineDecayRestarts",
            dict(initial_learning_rate=1, first_decay_steps=3, t_mul=0.5),
            "t_mul must be a finite number >= 1",
        ),
        ("mmengine.LinearLR", dict(lr=0.1, begin=5, end=5), r"end must exceed begin \(5\)"),
        ("mmengine.CosineRestartLR", dict(lr=0.1, periods=[3]), "eta_min or eta_min_ratio"),
        (
            "mmengine.CosineRestartLR",
            dict(lr=0.1, periods=[3, 4], eta_min=0),
            "restart_weights must hold one weight for each",
        ),
    ],
)
def test_what_a_library_cannot_run_is_refused_by_name(name, arguments, message):
    with pytest.raises(ValueError, match=message):
        port(name, **arguments)


def test_a_climb_of_one_update_is_refused_as_torch_divides_by_its_length():
    with pytest.raises(ValueError, match="pct_start must not make a climb of one update"):
        port("torch.OneCycleLR", max_lr=1.0, total_steps=10, pct_start=0.1)


def test_what_does_not_touch_the_rate_is_accepted():
    plain = port("timm.StepLRScheduler", 0.1, decay_t=3)
    assert port("timm.StepLRScheduler", 0.1, decay_t=3, t_in_epochs=False, noise_seed=1) == plain
    plain = port("mmengine.LinearLR", 0.1, end=9)
    assert port("mmengine.LinearLR", 0.1, end=9, by_epoch=False, verbose=True) == plain


def test_none_stands_for_an_argument_left_out_where_the_library_says_so():
    given = port("torch.CyclicLR", base_lr=0.1, max_lr=0.3, step_size_down=None, scale_fn=None)
    assert given == port("torch.CyclicLR", base_lr=0.1, max_lr=0.3)
