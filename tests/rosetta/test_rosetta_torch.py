"""The ports of torch's schedules equal torch, driven through a real optimizer until it raises."""

import warnings

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lrlib.rosetta import port


def driven(lr, make_scheduler, steps):
    """The rates that an optimizer holds at its updates, until torch raises."""
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=lr)
    scheduler = make_scheduler(optimizer)
    rates = []
    for _ in range(steps):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        with warnings.catch_warnings():
            # SequentialLR passes an epoch, which torch itself deprecates.
            warnings.filterwarnings("ignore", "The epoch parameter", UserWarning)
            try:
                scheduler.step()
            except (ValueError, ZeroDivisionError):
                break
    return rates


def near(rates):
    """Equal up to the rounding of torch, which multiplies its way from one rate to the next."""
    return pytest.approx(rates, rel=1e-11, abs=1e-12 * max(map(abs, rates)))


rate = st.floats(1e-4, 1)
fraction = st.floats(0, 1)
ratio = st.floats(0, 1.2)
length = st.integers(1, 25)
count = st.integers(0, 25)


def call(needed, **optional):
    return st.fixed_dictionaries(needed, optional=optional)


one_cycle = dict(
    pct_start=st.one_of(fraction, st.sampled_from([0.0, 0.5, 1.0])),
    anneal_strategy=st.sampled_from(["cos", "linear"]),
    div_factor=st.floats(0.5, 50),
    final_div_factor=st.floats(0.5, 1e5),
    three_phase=st.booleans(),
    cycle_momentum=st.booleans(),
)
TORCH_CALLS = {
    "LambdaLR": call({"lr_lambda": st.just(lambda t: 1 / (t + 1))}),
    "MultiplicativeLR": call({"lr_lambda": st.just(lambda t: 1 - 0.5 / (t + 1))}),
    "StepLR": call({"step_size": length}, gamma=ratio),
    "MultiStepLR": call({"milestones": st.lists(count, max_size=5)}, gamma=ratio),
    "ConstantLR": call({}, factor=st.one_of(st.floats(0.01, 1), st.just(0)), total_iters=count),
    "LinearLR": call({}, start_factor=st.floats(0.01, 1), end_factor=fraction, total_iters=count),
    "ExponentialLR": call({"gamma": ratio}),
    "PolynomialLR": call({}, total_iters=count, power=st.floats(0.1, 4)),
    "CosineAnnealingLR": call({"T_max": length}, eta_min=rate),
    "CosineAnnealingWarmRestarts": call({"T_0": length}, T_mult=st.integers(1, 4), eta_min=rate),
    "CyclicLR": call(
        {"base_lr": rate, "max_lr": rate, "step_size_up": length},
        step_size_down=count,
        mode=st.sampled_from(["triangular", "triangular2", "exp_range"]),
        gamma=ratio,
        scale_fn=st.just(lambda x: 1 / (1 + x)),
        scale_mode=st.sampled_from(["cycle", "iterations"]),
        cycle_momentum=st.booleans(),
    ),
    "OneCycleLR": st.one_of(
        call({"max_lr": rate, "total_steps": st.integers(1, 40)}, **one_cycle),
        call({"max_lr": rate, "epochs": length, "steps_per_epoch": length}, **one_cycle),
    ),
}


@pytest.mark.parametrize("name", TORCH_CALLS)
@given(st.data())
def test_a_port_equals_torch_driven_through_a_real_optimizer(name, data):
    lr, arguments = data.draw(rate), data.draw(TORCH_CALLS[name])
    scheduler = getattr(torch.optim.lr_scheduler, name)
    try:
        theirs = driven(lr, lambda optimizer: scheduler(optimizer, **arguments), 60)
    except ZeroDivisionError:
        # A climb of one update: torch cannot make the scheduler, and the port says why.
        with pytest.raises(ValueError, match="pct_start must not make a climb of one update"):
            port(f"torch.{name}", lr, **arguments)
        return
    assert port(f"torch.{name}", lr, **arguments).curve(len(theirs)) == near(theirs)


@given(
    rate,
    call({"swa_lr": rate}, anneal_epochs=count, anneal_strategy=st.sampled_from(["cos", "linear"])),
)
def test_swalr_equals_torch(lr, arguments):
    scheduler = torch.optim.swa_utils.SWALR
    theirs = driven(lr, lambda optimizer: scheduler(optimizer, **arguments), 40)
    # Torch divides the old rate out again, and near the end of the anneal loses digits by it.
    assert port("torch.SWALR", lr, **arguments).curve(40) == pytest.approx(theirs, rel=1e-9)


@given(rate, st.floats(0.01, 1), length, length, ratio)
def test_schedulers_in_sequence_and_in_a_chain_equal_torch(lr, factor, warmup, decay, gamma):
    scheduler = torch.optim.lr_scheduler
    parts = {
        "LinearLR": {"start_factor": factor, "total_iters": warmup},
        "CosineAnnealingLR": {"T_max": decay},
        "ExponentialLR": {"gamma": gamma},
    }

    def theirs(optimizer, names):
        return [getattr(scheduler, name)(optimizer, **parts[name]) for name in names]

    def ours(names):
        return [port(f"torch.{name}", lr, **parts[name]) for name in names]

    line = ["LinearLR", "CosineAnnealingLR", "ExponentialLR"]
    steps = [warmup, warmup + decay]
    got = port("torch.SequentialLR", schedulers=ours(line), milestones=steps).curve(70)
    want = driven(lr, lambda o: scheduler.SequentialLR(o, theirs(o, line), steps), 70)
    assert got == near(want)

    pair = ["LinearLR", "ExponentialLR"]
    got = port("torch.ChainedScheduler", lr, schedulers=ours(pair)).curve(70)
    want = driven(lr, lambda o: scheduler.ChainedScheduler(theirs(o, pair)), 70)
    assert got == near(want)
