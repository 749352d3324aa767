"""A plateau as a scheduler of torch."""

import math
from typing import Protocol, runtime_checkable

import numpy as np
import pytest
import torch
from optimizers import COSINE, rates, resume, sgd, sgd_at, warm
from torch.optim import lr_scheduler as theirs
from torch.optim.lr_scheduler import LRScheduler

from lrlib import LinearWarmup, ReduceLROnPlateau
from lrlib.optim import PlateauLR, ScheduledLR

METRICS = [3.0, 2.0, 2.0, 2.0, 1.0, math.nan, 1.0, 1.0, 0.5, 0.5, 0.5, 0.5]
PLATEAU = ReduceLROnPlateau(0.5, factor=0.5, patience=1, cooldown=1)


def test_a_plateau_drives_every_group_as_it_says():
    optimizer, follows = sgd(groups=2), ReduceLROnPlateau(0.5, factor=0.5, patience=1, cooldown=1)
    scheduler = PlateauLR(optimizer, PLATEAU)
    assert rates(optimizer) == [0.5, 0.5]
    for metric in METRICS:
        scheduler.step(torch.tensor(metric))
        assert rates(optimizer) == scheduler.get_last_lr() == [follows.update(metric)] * 2
    assert (scheduler.last_epoch, scheduler.plateau.lr) == (len(METRICS), 0.0625)
    assert PLATEAU.lr == 0.5


def test_a_relative_plateau_is_torchs():
    ours, torchs = sgd_at(0.5, 0.25), sgd_at(0.5, 0.25)
    plateau = ReduceLROnPlateau(1, factor=0.5, patience=1, cooldown=1)
    scheduler = PlateauLR(ours, plateau, relative=True)
    twin = theirs.ReduceLROnPlateau(torchs, factor=0.5, patience=1, cooldown=1)
    for metric in METRICS:
        scheduler.step(metric)
        twin.step(metric)
        for name in ("last_epoch", "_last_lr", "best", "num_bad_epochs", "cooldown_counter"):
            assert getattr(scheduler, name) == getattr(twin, name), name
        assert scheduler.in_cooldown == twin.in_cooldown
    assert rates(ours) == rates(torchs) == [0.0625, 0.03125]


def test_an_evaluation_can_be_numbered():
    scheduler = PlateauLR(sgd(), PLATEAU)
    scheduler.step(1.0, epoch=np.int64(7))
    scheduler.step(1.0)
    assert scheduler.last_epoch == 8


@pytest.mark.parametrize("first", ["optimizer", "scheduler"])
@pytest.mark.parametrize("stop", range(0, len(METRICS), 3))
def test_a_plateau_is_resumed_as_if_it_had_not_stopped(stop, first):
    def made():
        optimizer = sgd_at(1.0, 0.5)
        return {"optimizer": optimizer, "scheduler": PlateauLR(optimizer, PLATEAU, relative=True)}

    before, after = made(), made()
    for metric in METRICS[:stop]:
        before["scheduler"].step(metric)
    resume(before, after, first)
    for metric in METRICS[stop:]:
        assert rates(after["optimizer"]) == rates(before["optimizer"])
        before["scheduler"].step(metric)
        after["scheduler"].step(metric)
    assert after["scheduler"].state_dict() == before["scheduler"].state_dict()


def test_a_group_added_later_follows_the_plateau():
    optimizer = sgd_at(1.0)
    scheduler = PlateauLR(optimizer, ReduceLROnPlateau(1, factor=0.5, patience=0), relative=True)
    optimizer.add_param_group({"params": [torch.zeros(1)], "lr": 0.25})
    for _ in range(2):
        scheduler.step(1.0)
    assert rates(optimizer) == [0.5, 0.125]


class WarmedUp:
    """A plateau behind a warmup of three updates, evaluated after each update from there on."""

    def __init__(self):
        self.optimizer = sgd()
        self.plateau = PlateauLR(self.optimizer, ReduceLROnPlateau(0.3, factor=0.5, patience=0))
        self.warmup = ScheduledLR(self.optimizer, LinearWarmup(0.3, 3))
        self.used = []

    def run(self, updates):
        for _ in range(updates):
            self.used += rates(self.optimizer)
            if self.warmup.last_epoch < 3:
                self.warmup.step()
            else:
                self.plateau.step(1.0)

    def parts(self):
        return {"optimizer": self.optimizer, "plateau": self.plateau, "warmup": self.warmup}


@pytest.mark.parametrize("first", ["optimizer", "plateau", "warmup"])
@pytest.mark.parametrize("stop", range(8))
def test_a_plateau_can_stand_behind_a_warmup_and_both_are_resumed(stop, first):
    before, after = WarmedUp(), WarmedUp()
    before.run(stop)
    resume(before.parts(), after.parts(), first)
    after.run(8 - stop)
    expected = [0, 0.1, 0.2, 0.3, 0.3, 0.15, 0.075, 0.0375]
    assert before.used + after.used == pytest.approx(expected, rel=1e-12)


@runtime_checkable
class Stateful(Protocol):
    """What Lightning asks of everything that it saves."""

    def state_dict(self): ...

    def load_state_dict(self, state_dict): ...


class Epochs:
    """What Lightning 2 does with a scheduler: its checks, and who gets the metric."""

    def __init__(self, optimizer, scheduler):
        assert isinstance(scheduler, Stateful)
        assert isinstance(scheduler, LRScheduler | theirs.ReduceLROnPlateau)
        assert scheduler.optimizer in [optimizer]
        self.scheduler = scheduler
        self.on_plateau = isinstance(scheduler, theirs.ReduceLROnPlateau)

    def end_of_epoch(self, metric):
        if self.on_plateau:
            self.scheduler.step(metric)
        else:
            self.scheduler.step()


@pytest.mark.parametrize(
    ("make", "last"), [(lambda o: PlateauLR(o, PLATEAU), 0.0625), (warm, 0.1)], ids=["plateau", "s"]
)
def test_lightning_takes_it_and_a_plateau_gets_its_metric(make, last):
    optimizer = sgd()
    epochs = Epochs(optimizer, make(optimizer))
    for metric in METRICS:
        epochs.end_of_epoch(torch.tensor(metric))
    assert (epochs.scheduler.last_epoch, rates(optimizer)) == (len(METRICS), [last])


def test_torchs_sequence_and_chain_refuse_a_plateau_as_they_refuse_their_own():
    optimizer = sgd()
    parts = [PlateauLR(optimizer, PLATEAU), warm(optimizer)]
    with pytest.raises(ValueError, match="does not support `ReduceLROnPlateau`"):
        theirs.SequentialLR(optimizer, parts, [3])
    with pytest.raises(ValueError, match="does not support `ReduceLROnPlateau`"):
        theirs.ChainedScheduler(parts)


class Rising(ReduceLROnPlateau):
    """A plateau whose first updates are a warmup."""

    def curve(self, n):
        return LinearWarmup(self.lr, 5).curve(n)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((None, PLATEAU), "optimizer must be a torch optimizer, got None"),
        ((sgd(), COSINE), "plateau must be a ReduceLROnPlateau of lrlib, got Cosine"),
        ((sgd(), Rising(0.5)), "plateau must have no warmup, .* got .*Rising"),
    ],
)
def test_a_bad_argument_of_a_plateau_is_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        PlateauLR(*arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((None,), "metrics must be a number, got None"),
        (("low",), "metrics must be a number, got 'low'"),
        (("1.5",), "metrics must be a number, got '1.5'"),
        ((True,), "metrics must be a number, got True"),
        ((torch.zeros(2),), r"metrics must be a number, got tensor\(\[0., 0.\]\)"),
        ((1.0, -1), "epoch must be a finite number >= 0, got -1"),
    ],
)
def test_a_metric_that_is_none_is_refused_and_changes_nothing(arguments, message):
    scheduler = PlateauLR(sgd(), PLATEAU)
    before = scheduler.state_dict()
    with pytest.raises(ValueError, match=message):
        scheduler.step(*arguments)
    assert scheduler.state_dict() == before


PLATEAU_STATE = PLATEAU.state_dict()


@pytest.mark.parametrize(
    "state",
    [
        None,
        PLATEAU_STATE,
        {"last_epoch": 1},
        {"last_epoch": 1, "plateau": None},
        {"last_epoch": 1, "plateau": {}},
        {"last_epoch": -1, "plateau": PLATEAU_STATE | {"lr": 0.25}},
        {"last_epoch": 1, "plateau": PLATEAU_STATE | {"lr": -1}},
        theirs.ReduceLROnPlateau(sgd()).state_dict(),
    ],
)
def test_a_state_of_no_plateau_is_refused_and_changes_nothing(state):
    scheduler = PlateauLR(sgd(), PLATEAU)
    before = scheduler.state_dict()
    with pytest.raises(ValueError, match=r"state_dict|last_epoch|lr must"):
        scheduler.load_state_dict(state)
    assert scheduler.state_dict() == before
    assert rates(scheduler.optimizer) == [0.5]
