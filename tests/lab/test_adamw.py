"""Rows of a matrix are updated as torch updates the weights of single runs."""

import math

import numpy as np
import pytest
import torch
from torch.nn.utils import clip_grad_norm_

from lrlib.lab.adamw import AdamW, clip_rows
from lrlib.training.graphs import Clock

RUNS, WEIGHTS, DECAYED, STEPS = 3, 7, 4, 20


def draw(*shape):
    return torch.randn(shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def plain(start, gradients, rates, betas, weight_decay):
    """One run by torch's AdamW, of which the first weights decay and the others do not."""
    parts = [start[:DECAYED].clone(), start[DECAYED:].clone()]
    groups = [{"params": parts[:1], "weight_decay": weight_decay}]
    groups += [{"params": parts[1:], "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, betas=betas)
    for gradient, rate in zip(gradients, rates, strict=True):
        parts[0].grad, parts[1].grad = gradient[:DECAYED], gradient[DECAYED:]
        for group in optimizer.param_groups:
            group["lr"] = rate
        optimizer.step()
    return torch.cat(parts)


@pytest.mark.parametrize("betas", [(0.9, 0.95), (0.0, 0.999), (0.5, 0.0)])
@pytest.mark.parametrize("weight_decay", [0.0, 0.3])
def test_each_row_is_updated_as_by_torch_at_its_own_rates(betas, weight_decay):
    start, gradients = draw(RUNS, WEIGHTS), draw(STEPS, RUNS, WEIGHTS)
    rates = np.random.default_rng(0).uniform(0, 0.1, (RUNS, STEPS))
    weights, clock = start.clone(), Clock()
    optimizer = AdamW(weights, DECAYED, rates, betas, weight_decay)
    for gradient in gradients:
        optimizer.step(gradient, clock)
        clock.tick()
    for run in range(RUNS):
        expected = plain(start[run], gradients[:, run], rates[run], betas, weight_decay)
        assert weights[run].numpy() == pytest.approx(expected.numpy(), rel=1e-12)


def test_rates_that_are_set_later_are_used_from_there_on():
    start, gradients = draw(1, WEIGHTS), draw(STEPS, 1, WEIGHTS)
    rates = np.full((1, STEPS), 0.1)
    weights, clock = start.clone(), Clock()
    optimizer = AdamW(weights, DECAYED, rates, (0.9, 0.95), 0.1)
    for step, gradient in enumerate(gradients):
        if step == 5:
            rates[:, step:] = 0.01
            optimizer.set_rates(rates)
        optimizer.step(gradient, clock)
        clock.tick()
    expected = plain(start[0], gradients[:, 0], rates[0], (0.9, 0.95), 0.1)
    assert weights[0].numpy() == pytest.approx(expected.numpy(), rel=1e-12)


@pytest.mark.parametrize("most", [0.5, 1e9])
def test_each_row_is_clipped_as_by_torch(most):
    gradient = draw(RUNS, WEIGHTS) * torch.tensor([[0.01], [1.0], [100.0]])
    clipped = gradient.clone()
    clip_rows(clipped, most)
    for row, found in zip(gradient, clipped, strict=True):
        single = torch.zeros_like(row)
        single.grad = row.clone()
        clip_grad_norm_([single], most)
        assert torch.equal(found, single.grad)


@pytest.mark.parametrize("bad", [math.inf, -math.inf, math.nan])
def test_clipping_keeps_to_its_row_what_is_not_finite(bad):
    gradient = draw(RUNS, WEIGHTS)
    alone = gradient[::2].clone()
    gradient[1, 3] = bad
    clip_rows(gradient, 0.5)
    clip_rows(alone, 0.5)
    assert gradient[1, 3].isnan()
    assert torch.equal(gradient[::2], alone)
