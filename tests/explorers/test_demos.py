"""What all demos share, the noise among it, and a schedule tried on a noisy quadratic."""

import math
import statistics

import pytest

from lrlib import CosineAnnealingLR
from lrlib.explorers import demos
from lrlib.explorers.demos.noise import normals
from lrlib.theory import harmonic_quadratic


def test_a_trial_shows_the_rate_and_the_loss_it_leads_to():
    problem, cosine = harmonic_quadratic(3), CosineAnnealingLR(0.3, 20)
    drawn = demos.trial(
        schedule="CosineAnnealingLR",
        label="cosine",
        steps=20,
        problem=[problem.curvatures, problem.variances, problem.start],
        base_lr=0.3,
        T_max=20,
    )
    rate, loss = drawn["cosine"]
    assert rate.x == loss.x == list(range(21))
    assert rate.y == cosine.curve(21)
    assert loss.y == problem.losses(cosine.curve(20))


def test_the_noise_is_standard_normal_and_independent():
    drawn = normals(20_000, seed=7)
    assert statistics.fmean(drawn) == pytest.approx(0, abs=0.03)
    assert statistics.pvariance(drawn) == pytest.approx(1, abs=0.04)
    assert statistics.fmean(x**4 for x in drawn) == pytest.approx(3, abs=0.3)
    for lag in (1, 2, 3):
        products = [x * y for x, y in zip(drawn, drawn[lag:], strict=False)]
        assert statistics.fmean(products) == pytest.approx(0, abs=0.03)


def test_the_noise_repeats_by_its_seed_and_begins_alike_at_every_length():
    assert normals(5, seed=3) == normals(6, seed=3)[:5]
    assert normals(4, seed=3) != normals(4, seed=4)
    assert normals(0) == []
    assert all(map(math.isfinite, normals(999, seed=2**31 - 2)))
