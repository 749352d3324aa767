"""Groups that differ, groups that come and go, and what holds a setting."""

from collections.abc import Sequence

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from optimizers import COSINE, adamw, held, rates, resume, saved, sgd, sgd_at
from torch.optim import lr_scheduler as theirs

from lrlib import ConstantLR, ExponentialLR, LinearLR, ReduceLROnPlateau, StepLR
from lrlib.optim import PlateauLR, ScheduledLR


@given(st.lists(st.floats(1e-6, 10), min_size=1, max_size=4), st.floats(0.5, 1), st.integers(1, 6))
def test_a_relative_schedule_is_torchs_factor_of_each_groups_rate(own, gamma, steps):
    factor = ExponentialLR(1.0, gamma)
    ours, torchs = sgd_at(*own), sgd_at(*own)
    scheduler, twin = ScheduledLR(ours, factor, relative=True), theirs.LambdaLR(torchs, factor)
    for _ in range(steps):
        assert rates(ours) == rates(torchs)
        assert scheduler.get_lr() == scheduler.get_last_lr() == twin.get_last_lr()
        torchs.step()
        twin.step()
        scheduler.step()


def test_an_absolute_schedule_gives_all_groups_one_rate():
    optimizer = sgd_at(0.1, 0.01)
    ScheduledLR(optimizer, COSINE)
    assert rates(optimizer) == [0.3, 0.3]


def test_a_group_without_weight_decay_stays_without_under_a_relative_schedule():
    optimizer = sgd_at(0.5, 0.0, key="weight_decay")
    scheduler = ScheduledLR(optimizer, LinearLR(1, 1, 0.5, 2), key="weight_decay", relative=True)
    scheduler.step()
    assert held(optimizer, "weight_decay") == [0.375, 0.0]
    assert scheduler.base_lrs == held(optimizer, "initial_weight_decay") == [0.5, 0.0]
    assert rates(optimizer) == [9.0, 9.0]


def test_each_group_can_have_a_factor_of_its_own():
    optimizer = sgd_at(0.5, 0.25)
    ScheduledLR(optimizer, [StepLR(1, 2, 0.5), ConstantLR(1, 1)], relative=True).step(2)
    assert rates(optimizer) == [0.25, 0.25]


@pytest.mark.parametrize("key", ["lr", "weight_decay"])
def test_a_group_added_later_follows_as_a_factor_of_its_own_value(key):
    optimizer = sgd_at(0.5, 0.25, key=key)
    scheduler = ScheduledLR(optimizer, StepLR(1, 2, 0.5), key=key, relative=True)
    scheduler.step(2)
    optimizer.add_param_group({"params": [torch.zeros(1)], key: 0.125})
    optimizer.add_param_group({"params": [torch.zeros(1)]})
    default = optimizer.defaults[key]
    assert scheduler.get_last_lr() == [0.25, 0.125, 0.125, default]
    scheduler.step()
    assert held(optimizer, key) == [0.25, 0.125, 0.0625, default / 2]
    assert scheduler.base_lrs == [0.5, 0.25, 0.125, default]
    scheduler.step()
    assert held(optimizer, key) == [0.125, 0.0625, 0.03125, default / 4]


def test_a_group_taken_out_leaves_the_others_their_own_rates():
    optimizer = sgd_at(0.5, 0.25, 0.125)
    scheduler = ScheduledLR(optimizer, StepLR(1, 2, 0.5), relative=True)
    del optimizer.param_groups[1]
    scheduler.step(2)
    assert (rates(optimizer), scheduler.base_lrs) == ([0.25, 0.0625], [0.5, 0.125])


@pytest.mark.parametrize("first", ["optimizer", "scheduler"])
def test_a_relative_schedule_is_resumed_with_every_groups_own_rate(first):
    def made():
        optimizer = sgd_at(0.5, 0.25)
        scheduler = ScheduledLR(optimizer, ExponentialLR(1, 0.5), relative=True)
        return {"optimizer": optimizer, "scheduler": scheduler}

    before, after = made(), made()
    before["scheduler"].step(3)
    for each in (before, after):
        each["optimizer"].add_param_group({"params": [torch.zeros(1)], "lr": 1.0})
    before["scheduler"].step()
    resume(before, after, first)
    for exponent in (4, 5):
        assert rates(after["optimizer"]) == [own * 0.5**exponent for own in (0.5, 0.25, 1)]
        after["scheduler"].step()


def test_a_second_schedule_finds_the_groups_own_values_and_not_those_of_the_first():
    optimizer = sgd_at(0.5, 0.25)
    ScheduledLR(optimizer, COSINE).step(7)
    ScheduledLR(optimizer, ConstantLR(1, 0.5), relative=True)
    assert rates(optimizer) == [0.25, 0.125]


@pytest.mark.parametrize("first", ["optimizer", "scheduler"])
@pytest.mark.parametrize(
    "make",
    [
        lambda o: ScheduledLR(o, COSINE),
        lambda o: ScheduledLR(o, COSINE, relative=True),
        lambda o: PlateauLR(o, ReduceLROnPlateau(0.5)),
    ],
    ids=["absolute", "relative", "plateau"],
)
def test_a_run_stopped_when_a_group_was_added_is_resumed_as_if_it_had_not_stopped(make, first):
    def made():
        optimizer = sgd_at(0.5)
        scheduler = make(optimizer)
        optimizer.add_param_group({"params": [torch.zeros(1)], "lr": 0.25})
        return {"optimizer": optimizer, "scheduler": scheduler}

    before, after = made(), made()
    resume(before, after, first)
    assert rates(before["optimizer"]) == rates(after["optimizer"])
    assert rates(after["optimizer"])[1] == 0.25


def test_a_state_can_be_saved_when_a_group_has_no_schedule_yet():
    optimizer = sgd()
    scheduler = ScheduledLR(optimizer, [COSINE])
    optimizer.add_param_group({"params": [torch.zeros(1)]})
    assert scheduler.state_dict()["last_epoch"] == 0


def test_a_scale_of_the_rate_multiplies_it_as_in_timm():
    scales = [{"lr_scale": 0.5**layer} for layer in range(3)]
    groups = [{"params": [torch.zeros(1)]} | scale for scale in [*scales, {}]]
    optimizer = torch.optim.SGD(groups, lr=0.5)
    scheduler = ScheduledLR(optimizer, COSINE)
    for step in range(3):
        rate = COSINE(step)
        assert rates(optimizer) == scheduler.get_lr() == [rate, rate / 2, rate / 4, rate]
        scheduler.step()
    ScheduledLR(optimizer, ConstantLR(1, 0.5), relative=True)
    assert rates(optimizer) == [0.25, 0.125, 0.0625, 0.25]
    ScheduledLR(optimizer, ConstantLR(1, 0.5), key="weight_decay")
    assert held(optimizer, "weight_decay") == [0.5] * 4


def test_a_group_added_later_brings_its_scale():
    optimizer = sgd()
    scheduler = ScheduledLR(optimizer, COSINE)
    optimizer.add_param_group({"params": [torch.zeros(1)], "lr_scale": 0.125})
    scheduler.step(0)
    assert rates(optimizer) == [0.3, 0.3 / 8]


def test_groups_that_share_a_tensor_are_told_apart():
    """torch gives its default tensor to every group."""
    shared = torch.tensor(9.0)
    optimizer = sgd(groups=3, lr=shared)
    scheduler = ScheduledLR(optimizer, [StepLR(rate, 1, 0.5) for rate in (1, 2, 4)])
    for expected in ([1, 2, 4], [0.5, 1, 2]):
        assert torch.stack(rates(optimizer)).tolist() == expected
        scheduler.step()
    assert rates(optimizer)[0] is shared


def test_tensors_that_a_checkpoint_shares_are_told_apart():
    old = sgd(groups=2, lr=torch.tensor(9.0))
    optimizer = sgd(groups=2, lr=torch.tensor(9.0))
    scheduler = ScheduledLR(optimizer, [ConstantLR(1, 1), ConstantLR(2, 1)])
    optimizer.load_state_dict(saved(old.state_dict()))
    assert rates(optimizer)[0] is rates(optimizer)[1]
    scheduler.step()
    assert torch.stack(rates(optimizer)).tolist() == [1, 2]


def test_a_group_added_later_begins_at_the_default_and_not_at_the_rate_of_the_first():
    optimizer = sgd(lr=torch.tensor(0.5))
    scheduler = ScheduledLR(optimizer, StepLR(1, 1, 0.5), relative=True)
    scheduler.step()
    for _ in range(2):
        optimizer.add_param_group({"params": [torch.zeros(1)]})
    assert torch.stack(rates(optimizer)).tolist() == [0.25, 0.5, 0.5]
    scheduler.step()
    assert torch.stack(rates(optimizer)).tolist() == [0.125] * 3
    assert optimizer.defaults["lr"].item() == 0.5


def test_the_own_rate_is_no_part_of_the_tensor_that_is_filled():
    optimizer = sgd(lr=torch.tensor(0.5))
    scheduler = ScheduledLR(optimizer, ConstantLR(0.25, 1))
    assert (held(optimizer, "initial_lr"), scheduler.base_lrs) == ([torch.tensor(0.5)], [0.5])


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("kind", [tuple, list])
def test_betas_keep_their_container_and_their_tensors(kind, dtype):
    first, second = (torch.tensor(beta, dtype=dtype) for beta in (0.9, 0.999))
    optimizer = adamw(kind([first, second]), groups=2)
    scheduler = ScheduledLR(optimizer, [ConstantLR(1, 0.5), ConstantLR(1, 0.25)], key="betas")
    scheduler.step()
    for betas, value in zip(held(optimizer, "betas"), (0.5, 0.25), strict=True):
        assert type(betas) is kind
        assert [each.dtype for each in betas] == [dtype, dtype]
        assert (betas[0].item(), betas[1]) == (value, second)
    assert held(optimizer, "betas")[0][0] is first
    scheduler.get_last_lr()[0][0].fill_(7)
    assert first.item() == 0.5


@pytest.mark.parametrize("kind", [tuple, list])
def test_betas_of_numbers_keep_their_container_and_an_update_runs(kind):
    optimizer = adamw(kind([0.9, 0.999]), groups=2)
    factors = [ConstantLR(1, 0.5), ConstantLR(1, 1)]
    scheduler = ScheduledLR(optimizer, factors, key="betas", relative=True)
    for group in optimizer.param_groups:
        group["params"][0].grad = torch.ones(1)
    optimizer.step()
    scheduler.load_state_dict(saved(scheduler.state_dict()))
    optimizer.load_state_dict(saved(optimizer.state_dict()))
    assert held(optimizer, "betas") == [kind([0.45, 0.999]), kind([0.9, 0.999])]
    assert scheduler.base_lrs == [0.9, 0.9]


class Betas(Sequence):
    """As configurations of Hydra have lists: no list, no tuple, made from either."""

    def __init__(self, items):
        self.items = list(items)

    def __getitem__(self, index):
        return self.items[index]

    def __len__(self):
        return len(self.items)


def test_betas_of_another_kind_of_sequence_keep_it():
    optimizer = adamw(Betas([0.9, 0.999]))
    ScheduledLR(optimizer, ConstantLR(1, 0.5), key="betas")
    (betas,) = held(optimizer, "betas")
    assert (type(betas), list(betas)) == (Betas, [0.5, 0.999])


@pytest.mark.parametrize("lr", [np.float64(0.5), np.float32(0.5)])
def test_a_rate_of_numpy_does_not_stay_in_the_optimizer(lr):
    optimizer = sgd_at(lr)
    ScheduledLR(optimizer, ConstantLR(1, 0.5), relative=True)
    group = saved(optimizer.state_dict())["param_groups"][0]
    assert (group["lr"], group["initial_lr"]) == (0.25, 0.5)


def relative_schedule(optimizer):
    return ScheduledLR(optimizer, ExponentialLR(1.0, 0.5), relative=True)


def relative_plateau(optimizer):
    return PlateauLR(optimizer, ReduceLROnPlateau(1.0), relative=True)


@pytest.mark.parametrize("make", [relative_schedule, relative_plateau])
@pytest.mark.parametrize("optimizer_first", [True, False])
def test_own_values_are_resumed_whatever_the_optimizer_was_made_with(make, optimizer_first):
    optimizer = sgd_at(0.05, 0.01)
    state = saved([make(optimizer).state_dict(), optimizer.state_dict()])
    resumed = sgd_at(0.1, 0.1)
    scheduler = make(resumed)
    parts = [(scheduler, state[0]), (resumed, state[1])]
    for part, its_state in reversed(parts) if optimizer_first else parts:
        part.load_state_dict(its_state)
    assert rates(resumed) == scheduler.base_lrs == [0.05, 0.01]


def test_own_values_for_more_groups_than_there_are_are_refused():
    state = relative_schedule(sgd_at(0.05, 0.01)).state_dict()
    with pytest.raises(ValueError, match=r"base_lrs must hold 1 values, one a group, got \(0.05, "):
        relative_schedule(sgd_at(0.1)).load_state_dict(state)


def test_what_scales_a_group_is_a_number_of_python():
    optimizer = sgd_at(0.1)
    optimizer.param_groups[0]["lr_scale"] = np.float64(0.5)
    ScheduledLR(optimizer, COSINE)
    assert type(rates(optimizer)[0]) is float


@pytest.mark.parametrize("damage", [{"base_lrs": [0.5, 0.5]}, {"plateau": {"lr": "much"}}])
def test_a_relative_plateau_that_refuses_a_state_is_as_it_was(damage):
    scheduler = relative_plateau(sgd_at(0.05))
    before = scheduler.state_dict()
    with pytest.raises(ValueError, match="must"):
        scheduler.load_state_dict(relative_plateau(sgd_at(0.1)).state_dict() | damage)
    assert scheduler.state_dict() == before
