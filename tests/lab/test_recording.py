"""A record is made by itself from the grid to the report, and loses nothing when it is killed."""

from dataclasses import replace

import pytest
import studies_for_tests
from filelock import FileLock
from plain_gpt import rhymes
from studies_for_tests import CHOICE, STUDY, Trainer

from lrlib import ConstantLR
from lrlib.lab import recording, records, studies
from lrlib.lab.recording import make_record
from lrlib.lab.records import read_record, record
from lrlib.lab.studies import Setting

WANTED = sorted(
    [(label, peak, seed) for label in CHOICE for peak in CHOICE[label] for seed in STUDY.choice]
    + [(label, studies_for_tests.BEST[label], seed) for label in CHOICE for seed in STUDY.report]
)


@pytest.fixture
def trainer(monkeypatch):
    """Replaces the transformer by a formula, and the book's studies by one."""
    trainer = Trainer()
    monkeypatch.setattr(recording, "train_transformers", trainer)
    monkeypatch.setattr(records, "data_digest", rhymes().digest)
    monkeypatch.setitem(studies.STUDIES, "toy", STUDY)
    return trainer


@pytest.fixture
def make(tmp_path):
    """Makes the record in a folder of the test, and keeps what it tells."""

    def make(study=STUDY, **options):
        lines = []
        options = {"device": "cpu", "jobs": 1} | options
        make_record(study, tmp_path / "records", tell=lines.append, **options)
        return lines

    return make


def test_a_record_goes_on_by_itself_from_the_grid_to_the_report(trainer, make, tmp_path):
    make()
    assert sorted(trainer.trained) == WANTED
    made = record("toy", tmp_path / "records")
    assert {label: made[label].rate for label in CHOICE} == studies_for_tests.BEST


@pytest.mark.parametrize("call", range(1, 12))
def test_a_record_that_was_killed_goes_on_where_it_was(trainer, make, tmp_path, call, monkeypatch):
    monkeypatch.setitem(recording.RUNS, "cpu", 4)
    path = tmp_path / "records" / "toy.csv"
    trainer.fails_at = call
    with pytest.raises(KeyboardInterrupt):
        make()
    assert len(read_record(path)[2]) == len(trainer.trained)
    trainer.fails_at = None
    make()
    assert sorted(trainer.trained) == WANTED
    killed = path.read_text()
    path.unlink()
    make()
    assert path.read_text() == killed


def test_a_finished_record_trains_nothing(trainer, make):
    make()
    trainer.calls.clear()
    assert make() == []
    assert trainer.calls == []


@pytest.mark.parametrize(("jobs", "most"), [(1, 4), (2, 8)])
def test_a_processor_trains_a_few_runs_between_two_writings(trainer, make, jobs, most, monkeypatch):
    monkeypatch.setitem(recording.RUNS, "cpu", 4)
    lines = make(jobs=jobs)
    sizes = [(len(call) - 1) * len(call[-1]) for call in trainer.calls]
    assert max(sizes) == most
    assert len(lines) == len(sizes)
    assert "toy.csv" in lines[0]


def test_many_runs_are_trained_together_where_there_is_room(trainer, make, monkeypatch):
    monkeypatch.setitem(recording.RUNS, "cpu", 1000)
    make()
    grid, report = STUDY.choice, STUDY.report
    kinds = [({label == "post" for label, _ in call[:-1]}, call[-1]) for call in trainer.calls]
    assert kinds == [({False}, grid), ({True}, grid)] * 3 + [({False}, report), ({True}, report)]


def test_seeds_are_shared_out_where_there_is_no_room_for_all(trainer, make, monkeypatch):
    monkeypatch.setitem(recording.RUNS, "cpu", 2)
    make()
    assert sorted(trainer.trained) == WANTED
    assert all((len(call) - 1) * len(call[-1]) <= 2 for call in trainer.calls)


def test_runs_of_other_code_are_made_anew(trainer, make, tmp_path, monkeypatch):
    make()
    trainer.calls.clear()
    monkeypatch.setattr(records, "source_fingerprint", lambda names: "0" * 64)
    (told, *_) = make()
    assert told.endswith("were made with another code")
    assert sorted(trainer.trained) == WANTED
    assert record("toy", tmp_path / "records").origin


def test_runs_of_a_setting_that_is_defined_anew_are_made_anew_and_no_others(trainer, make):
    make()
    trainer.calls.clear()
    altered = Setting(lambda peak, steps: ConstantLR(peak, 0.5, 1), studies_for_tests.TINY)
    make(replace(STUDY, settings=STUDY.settings | {"constant": altered}))
    assert {label for label, _, _ in trainer.trained} == {"constant"}


def test_what_a_study_no_longer_asks_for_leaves_its_record(trainer, make, tmp_path, monkeypatch):
    make()
    trainer.calls.clear()
    settings = {label: STUDY.settings[label] for label in ("linear", "constant")}
    smaller = replace(STUDY, settings=settings, report=STUDY.report[:2])
    monkeypatch.setitem(studies.STUDIES, "toy", smaller)
    make(smaller)
    assert trainer.calls == []
    runs = read_record(tmp_path / "records" / "toy.csv")[2]
    assert {run.label for run in runs} == set(settings)
    assert {run.seed for run in runs} == {0, 1, 100, 101}
    record("toy", tmp_path / "records")


def test_a_record_says_what_made_it(trainer, make, tmp_path, monkeypatch):
    monkeypatch.setitem(recording.RUNS, "cpu", 4)
    maker = {"device": "one", "torch": "2", "numpy": "1", "python": "3", "date": "2026-01-02"}
    monkeypatch.setattr(recording, "maker", lambda device: maker)
    trainer.fails_at = 3
    with pytest.raises(KeyboardInterrupt):
        make()
    trainer.fails_at = None
    monkeypatch.setattr(recording, "maker", lambda device: maker | {"device": "two"})
    make()
    assert record("toy", tmp_path / "records").origin == (
        "2026-01-02 on one with torch 2, numpy 1 and Python 3; "
        "2026-01-02 on two with torch 2, numpy 1 and Python 3"
    )


def test_code_that_changes_while_a_record_is_made_stops_it(trainer, make, tmp_path, monkeypatch):
    monkeypatch.setitem(recording.RUNS, "cpu", 4)
    prints = iter(["1" * 64] * 4 + ["2" * 64])
    monkeypatch.setattr(records, "source_fingerprint", lambda names: next(prints))
    with pytest.raises(ValueError, match=r"code must stay as they are while .*toy.csv is made"):
        make()
    key, _, runs = read_record(tmp_path / "records" / "toy.csv")
    assert key["code"] == "1" * 64
    assert 0 < len(runs) < len(trainer.trained)


def test_two_at_once_are_one_too_many(trainer, make, tmp_path):
    (tmp_path / "records").mkdir()
    with (
        FileLock(tmp_path / "records" / "toy.csv.lock"),
        pytest.raises(ValueError, match=r"toy.csv must be made by one process, another is at it"),
    ):
        make()
    assert trainer.calls == []


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"device": "gpu"}, "device must be one of 'auto', 'cpu', 'cuda', got 'gpu'"),
        ({"jobs": 0}, "jobs must be a whole number >= 1, got 0"),
    ],
)
def test_a_bad_argument_is_named_before_anything_is_done(trainer, make, tmp_path, options, told):
    with pytest.raises(ValueError, match=told):
        make(**options)
    assert not (tmp_path / "records").exists()


def test_a_file_that_is_no_record_is_left_as_it_was(trainer, make, tmp_path):
    path = tmp_path / "records" / "toy.csv"
    path.parent.mkdir()
    path.write_text("epoch,loss\n1,0.5\n")
    with pytest.raises(ValueError, match=r"path must be a record of lrlib, .* got '.*toy.csv'"):
        make()
    assert path.read_text() == "epoch,loss\n1,0.5\n"
