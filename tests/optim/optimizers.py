"""Optimizers to drive, and a loop that drives them."""

import io

import torch
from torch.optim.lr_scheduler import LRScheduler

from lrlib import CosineAnnealingLR, LinearWarmup
from lrlib.optim import ScheduledLR

COSINE = CosineAnnealingLR(0.3, T_max=20, eta_min=0.01)


def sgd(groups=1, lr=9.0, **options):
    return torch.optim.SGD([{"params": [torch.zeros(1)]} for _ in range(groups)], lr=lr, **options)


def sgd_at(*values, key="lr"):
    """An optimizer whose groups hold these rates, or these values of another setting."""
    return torch.optim.SGD([{"params": [torch.zeros(1)], key: value} for value in values], lr=9.0)


def adamw(betas, groups=1):
    """An optimizer whose groups all hold these very betas, as from one line of a configuration."""
    parameters = [torch.zeros(1, requires_grad=True) for _ in range(groups)]
    return torch.optim.AdamW([{"params": [each], "betas": betas} for each in parameters])


def held(optimizer, key):
    return [group[key] for group in optimizer.param_groups]


def rates(optimizer):
    return held(optimizer, "lr")


def saved(value):
    """A value after a trip through a checkpoint that may hold plain data alone."""
    file = io.BytesIO()
    torch.save(value, file)
    file.seek(0)
    return torch.load(file, weights_only=True)


def resume(before, after, first):
    """Load the states of an optimizer and its scheduler, one of them first."""
    states = saved({name: each.state_dict() for name, each in before.items()})
    for name in sorted(states, key=lambda name: name != first):
        after[name].load_state_dict(states[name])


class Loop:
    """A training loop that knows torch's LRScheduler and nothing else, as Lightning's does."""

    def __init__(self, optimizer, scheduler):
        assert isinstance(scheduler, LRScheduler)
        assert scheduler.optimizer is optimizer
        self.optimizer, self.scheduler, self.logged = optimizer, scheduler, []

    def run(self, updates):
        for _ in range(updates):
            self.logged.append(self.scheduler.get_last_lr()[0])
            self.optimizer.step()
            self.scheduler.step()

    def parts(self):
        return {"optimizer": self.optimizer, "scheduler": self.scheduler}


def warm(optimizer):
    return ScheduledLR(optimizer, LinearWarmup(0.1, 3))
