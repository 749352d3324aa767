"""Runs choose the peak of a setting, say what is still to be made, and are reported by seed."""

from dataclasses import replace

import numpy as np
import pytest
from studies_for_tests import STUDY

from lrlib.lab.outcomes import GROWTH, Run, lacking, outcome

ONE = replace(STUDY, settings={"constant": STUDY.settings["constant"]})
TWO = replace(STUDY, settings={key: STUDY.settings[key] for key in ("constant", "linear")})


def run(peak, seed, loss, label="constant", purpose="choice"):
    return Run(label, peak, seed, purpose, False, loss + 1, loss + 2, loss, (9.0, 5.0, loss), ())


def chosen(losses, label="constant"):
    """Both seeds of the choice at each peak."""
    return [
        run(peak, seed, loss + seed / 1000, label)
        for peak, loss in losses.items()
        for seed in STUDY.choice
    ]


def test_a_study_begins_with_its_grid():
    grid = {("constant", peak): (0, 1) for peak in (0.002, 0.004, 0.008)}
    assert lacking(ONE, []) == grid
    assert list(lacking(TWO, [])) == [
        (label, peak) for label in ("constant", "linear") for peak in (0.002, 0.004, 0.008)
    ]


def test_only_the_seeds_that_are_not_there_are_lacking():
    there = [run(0.002, 0, 1.0), run(0.004, 1, 1.0), run(0.004, 0, 1.0)]
    assert lacking(ONE, there) == {("constant", 0.002): (1,), ("constant", 0.008): (0, 1)}


@pytest.mark.parametrize(
    ("losses", "peak"),
    [({0.002: 1, 0.004: 2, 0.008: 3}, 0.001), ({0.002: 3, 0.004: 2, 0.008: 1}, 0.016)],
)
def test_a_grid_grows_beyond_the_edge_at_which_the_best_peak_is(losses, peak):
    assert lacking(ONE, chosen(losses)) == {("constant", peak): (0, 1)}


def test_a_grid_that_does_not_grow_reports_the_best_of_it():
    left = lacking(replace(ONE, grows=False), chosen({0.002: 1, 0.004: 2, 0.008: 3}))
    assert left == {("constant", 0.002): (100, 101, 102)}


def test_the_best_peak_inside_the_grid_is_reported_with_other_seeds():
    left = lacking(ONE, chosen({0.002: 2, 0.004: 1, 0.008: 3}))
    assert left == {("constant", 0.004): (100, 101, 102)}


@pytest.mark.parametrize("wild", [np.nan, np.inf])
def test_a_peak_at_which_a_run_diverged_is_not_the_best(wild):
    runs = chosen({0.002: 2, 0.004: 1.5})
    runs += [run(0.008, 0, 1.0), replace(run(0.008, 1, wild), diverged=True)]
    assert lacking(ONE, runs) == {("constant", 0.004): (100, 101, 102)}


def test_nothing_is_reported_before_every_peak_is_chosen():
    runs = chosen({0.002: 2, 0.004: 1, 0.008: 3})
    runs += chosen({0.002: 3, 0.004: 2, 0.008: 1}, "linear")
    assert lacking(TWO, runs) == {("linear", 0.016): (0, 1)}
    runs += chosen({0.016: 2}, "linear")
    report = (100, 101, 102)
    assert lacking(TWO, runs) == {("constant", 0.004): report, ("linear", 0.008): report}


def test_nothing_is_lacking_when_all_is_reported():
    runs = chosen({0.002: 2, 0.004: 1, 0.008: 3})
    runs += [run(0.004, seed, 1.0, purpose="report") for seed in (102, 100)]
    assert lacking(ONE, runs) == {("constant", 0.004): (101,)}
    assert lacking(ONE, [*runs, run(0.004, 101, 1.0, purpose="report")]) == {}


def test_a_search_without_an_end_is_given_up_with_an_error():
    runs = chosen({0.002 * 2**k: -k for k in range(3 + GROWTH - 1)})
    assert lacking(ONE, runs)
    runs = chosen({0.002 * 2**k: -k for k in range(3 + GROWTH)})
    with pytest.raises(ValueError, match="rates must reach the best peak of 'constant', got"):
        lacking(ONE, runs)


def test_an_outcome_holds_the_choice_and_the_report_in_the_order_of_the_seeds():
    runs = [run(0.004, seed, float(seed), purpose="report") for seed in (102, 100, 101)]
    runs += chosen({0.008: 3, 0.002: 2, 0.004: 1})
    found = outcome(ONE, "constant", runs)
    assert (found.rate, found.rates.tolist()) == (0.004, [0.002, 0.004, 0.008])
    assert found.val_loss == pytest.approx(np.array([[2, 2.001], [1, 1.001], [3, 3.001]]))
    assert found.test_loss.tolist() == [101, 102, 103]
    assert found.test_loss_average.tolist() == [102, 103, 104]
    assert found.eval_step.tolist() == [0, 10, 20]
    assert found.val_curve[:, 1:].tolist() == [[5, 100], [5, 101], [5, 102]]
    assert found.diverged.tolist() == [False] * 3


def test_the_range_of_a_peak_holds_what_is_within_one_standard_error_of_it():
    runs = [run(0.002, 0, 1.0), run(0.002, 1, 1.4)]  # +0.1 at one seed, +0.3 at the other
    runs += [run(0.004, 0, 0.9), run(0.004, 1, 1.1)]
    runs += [run(0.008, 0, 0.8), run(0.008, 1, 1.3)]  # -0.1 and +0.2
    runs += [run(0.004, seed, 1.0, purpose="report") for seed in STUDY.report]
    found = outcome(ONE, "constant", runs)
    assert (found.low, found.rate, found.high) == (0.004, 0.004, 0.008)
    assert found.peak == "0.004 (0.004 to 0.008)"
