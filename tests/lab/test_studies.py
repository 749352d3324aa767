"""What is recorded: schedules that start gently, periods that do not fit, warmups of any length."""

from copy import deepcopy
from dataclasses import replace

import numpy as np
import pytest
import torch
from plain_gpt import rhymes

from lrlib import ReduceLROnPlateau, ScaleLR
from lrlib.lab.scoreboard import ROWS
from lrlib.lab.studies import (
    PERIODS,
    POST_LN,
    PRE_LN,
    RISING,
    STUDIES,
    WARMUP,
    WARMUP_PERCENT,
    Setting,
    WarmedUpPlateau,
    warmed_up,
)
from lrlib.lab.transformers import train_transformers
from lrlib.training import digits, train, train_many

torch.set_num_threads(1)

SCHEDULES, PERIOD, WARMUPS = (
    STUDIES[f"transformer-{name}"] for name in ("schedules", "periods", "warmups")
)
TOTAL = SCHEDULES.total_steps
RAMP = round(WARMUP * TOTAL)


def curve_of(study, label, peak=0.004):
    return study.settings[label].schedule(peak, study.total_steps).curve(study.total_steps)


@pytest.mark.parametrize("study", STUDIES.values(), ids=STUDIES)
def test_a_study_reports_with_seeds_that_took_no_part_in_the_choice(study):
    assert not set(study.choice) & set(study.report)
    assert len(set(study.choice)) == 4
    assert len(set(study.report)) >= 8


@pytest.mark.parametrize("study", STUDIES.values(), ids=STUDIES)
def test_every_peak_of_a_grid_is_twice_the_one_before(study):
    assert list(study.rates) == [study.rates[0] * 2**k for k in range(len(study.rates))]


@pytest.mark.parametrize("study", STUDIES.values(), ids=STUDIES)
def test_a_reference_is_one_of_the_settings(study):
    assert study.reference in (None, *study.settings)


@pytest.mark.parametrize(
    ("study", "label"), [(study, label) for study in STUDIES.values() for label in study.settings]
)
def test_every_setting_trains_at_its_peak_and_no_higher(study, label):
    assert max(curve_of(study, label)) == pytest.approx(0.004, rel=1e-3)


def test_every_row_of_the_scoreboard_is_tried_on_the_transformer():
    assert set(ROWS) < set(SCHEDULES.settings)


@pytest.mark.parametrize("key", ROWS)
def test_a_row_that_does_not_rise_by_itself_stands_behind_a_warmup_on_a_clock_of_its_own(key):
    first = ROWS[key](0.004, TOTAL).curve(1)[0]
    curve = curve_of(SCHEDULES, key)
    if key in RISING:
        assert curve[0] == first <= 0.1 * 0.004
        assert key == "wsd" or curve == ROWS[key](0.004, TOTAL).curve(TOTAL)
    else:
        assert first == pytest.approx(0.004)
        assert curve[:RAMP] == pytest.approx([0.004 * t / RAMP for t in range(RAMP)])
        assert curve[RAMP:] == pytest.approx(ROWS[key](0.004, TOTAL - RAMP).curve(TOTAL - RAMP))


@pytest.mark.parametrize(
    ("label", "halfway", "last"),
    [
        ("cosine to 10 %", 0.0022, 0.0004),
        ("linear to 10 %", 0.0022, 0.0004),
        ("wsd", 0.004, 0.0),
        ("wsd, linear", 0.004, 0.0),
        ("wsd, last 40 %", 0.004, 0.0),
    ],
)
def test_what_is_tried_beside_the_scoreboard_ends_where_its_name_says(label, halfway, last):
    curve = curve_of(SCHEDULES, label)
    assert curve[: RAMP + 1] == pytest.approx([0.004 * t / RAMP for t in range(RAMP + 1)])
    assert curve[(RAMP + TOTAL) // 2] == pytest.approx(halfway)
    assert curve[-1] == pytest.approx(last, abs=0.004 / 150)


@pytest.mark.parametrize(
    ("label", "start"), [("wsd", 800), ("wsd, linear", 800), ("wsd, last 40 %", 600)]
)
def test_a_stable_phase_ends_where_the_fall_begins(label, start):
    curve = curve_of(SCHEDULES, label)
    assert set(curve[RAMP : start + 1]) == {0.004}
    assert np.all(np.diff(curve[start:]) < 0)


@pytest.mark.parametrize("period", PERIODS)
def test_a_cosine_of_a_period_is_where_its_phase_says(period):
    curve = curve_of(PERIOD, f"{period:g}")
    for step in (RAMP, 300, 525, 999):
        phase = min(1, (step - RAMP) / round((TOTAL - RAMP) * period))
        assert curve[step] == pytest.approx(0.002 * (1 + np.cos(np.pi * phase)), abs=1e-8)


@pytest.mark.parametrize("percent", WARMUP_PERCENT)
def test_a_line_behind_a_warmup_falls_from_its_peak_to_zero(percent):
    curve = curve_of(WARMUPS, f"pre-LN, {percent} %")
    warmup = 10 * percent
    assert curve[warmup] == max(curve) == 0.004
    assert curve[warmup // 2] == pytest.approx(0.004 if percent == 0 else 0.002, rel=0.2)
    assert np.diff(curve[warmup:]) == pytest.approx(-0.004 / (1000 - warmup))


def test_both_kinds_of_transformer_try_the_same_warmups():
    networks = [(label[:8], setting.network) for label, setting in WARMUPS.settings.items()]
    assert networks == [("pre-LN, ", PRE_LN)] * 7 + [("post-LN,", POST_LN)] * 7


def test_a_plateau_behind_a_warmup_follows_its_metric_from_the_first_evaluation_on():
    plateau = WarmedUpPlateau(ReduceLROnPlateau(0.5, factor=0.5, patience=0, threshold=0.9), 4)
    options = {"layers": 1, "width": 8, "heads": 2, "context": 8, "batch_size": 2, "jobs": 1}
    runs = train_transformers([plateau], [0, 1], rhymes(), total_steps=16, eval_every=5, **options)
    for k in range(2):
        follows, losses = deepcopy(plateau), runs.val_loss[0, k]
        rates = [0, 0.125, 0.25, 0.375, 0.5]
        for loss in losses[1:4]:
            rates += [follows.update(loss)] * 5
        assert runs.lr[0, k].tolist() == rates[:16]
    assert plateau.lr == 0.5


def test_the_warmup_of_a_plateau_is_over_before_it_sees_a_metric():
    plateau = SCHEDULES.settings["plateau"].schedule(0.004, SCHEDULES.total_steps)
    assert plateau.warmup_steps <= SCHEDULES.eval_every


BASE = Setting(warmed_up(ROWS["linear"]), PRE_LN)


def definition(setting, **options):
    (digest,) = replace(SCHEDULES, settings={"one": setting}, **options).definition().values()
    return digest


def scaled(make, factor):
    return lambda peak, steps: ScaleLR(make(peak, steps), factor)


@pytest.mark.parametrize(
    "other",
    [
        Setting(BASE.schedule, POST_LN),
        Setting(ROWS["linear"], PRE_LN),
        Setting(scaled(BASE.schedule, 0.5), PRE_LN),
        Setting(scaled(BASE.schedule, 1 + 1e-5), PRE_LN),
        Setting(warmed_up(ROWS["plateau"]), PRE_LN),
    ],
    ids=["network", "no warmup", "half the rate", "a little more", "plateau"],
)
def test_what_changes_the_runs_of_a_setting_changes_its_definition(other):
    assert definition(other) != definition(BASE)


@pytest.mark.parametrize("length", [{"total_steps": 999}, {"eval_every": 50}])
def test_the_length_of_the_runs_is_part_of_a_definition(length):
    assert definition(BASE, **length) != definition(BASE)


@pytest.mark.parametrize("other", [{"factor": 0.5}, {"patience": 1}, {"threshold": 0.1}])
def test_the_arguments_of_a_plateau_are_part_of_its_definition(other):
    usual = {"factor": 0.8, "patience": 0}
    one, changed = (
        Setting(lambda peak, steps, given=given: ReduceLROnPlateau(peak, **given))
        for given in (usual, usual | other)
    )
    assert definition(one) != definition(changed)


def test_the_last_digits_of_a_rate_are_no_part_of_a_definition():
    assert definition(Setting(scaled(BASE.schedule, 1 + 1e-12), PRE_LN)) == definition(BASE)


def test_a_plateau_behind_a_warmup_keeps_it_among_perceptrons_and_is_refused_without():
    plateau = WarmedUpPlateau(ReduceLROnPlateau(0.1, patience=0, threshold=0.9), 4)
    data = digits()
    [[rates]] = train_many([plateau], [0], data, total_steps=12, eval_every=6, cache=False).lr
    assert rates[:6].tolist() == pytest.approx([0, 0.025, 0.05, 0.075, 0.1, 0.1])
    with pytest.raises(ValueError, match="plateau must have no warmup"):
        train(plateau, data, total_steps=12)
