"""A record gives back what was trained, is refused when stale, and can be trained once more."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from plain_gpt import rhymes
from studies_for_tests import STUDY, Trainer

from lrlib.lab import recording, records
from lrlib.lab.outcomes import Run
from lrlib.lab.recording import make_record
from lrlib.lab.records import EARLY, RECORDS, read_record, record, write_record
from lrlib.lab.scoreboard import ROWS
from lrlib.lab.statistics import VERDICTS
from lrlib.lab.studies import STUDIES, Setting, Study, warmed_up
from lrlib.lab.text import sympy_source
from lrlib.lab.transformers import train_transformers

torch.set_num_threads(1)

RUN = Run("linear", 0.004, 1, "choice", False, 1.23456789, 2.0, 3e-7, (9.0, 1.5, 0.1), (4.0,) * 3)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with the record of a study whose losses are a formula."""
    monkeypatch.setattr(recording, "train_transformers", Trainer())
    monkeypatch.setitem(STUDIES, "toy", STUDY)
    monkeypatch.setattr(records, "data_digest", rhymes().digest)
    make_record(STUDY, tmp_path, device="cpu", jobs=1, tell=lambda line: None)
    return tmp_path


def test_a_record_holds_the_outcome_of_every_setting(folder):
    found = record("toy", folder)
    assert {label: found[label].peak for label in STUDY.settings} == {
        "constant": "0.004 (0.004 to 0.004)",
        "linear": "0.016 (0.016 to 0.016)",
        "post": "0.001 (0.001 to 0.001)",
    }
    assert found["linear"].test_loss == pytest.approx([1.5, 1.501, 1.502], abs=1e-3)
    assert found["linear"].val_curve.shape == (3, 3)


def test_a_setting_that_a_record_does_not_have_is_named(folder):
    with pytest.raises(ValueError, match="label must be one of 'constant', .*, got 'cosine'"):
        record("toy", folder)["cosine"]


def test_a_record_says_where_its_runs_were_made(folder):
    assert record("toy", folder).origin.endswith(
        f"torch {torch.__version__}, numpy {np.__version__} and Python "
        + records.maker("cpu")["python"]
    )


def test_a_summary_compares_every_setting_with_the_reference(folder):
    heading, *lines = record("toy", folder).summary().splitlines()
    assert [line.split()[0] for line in lines] == list(STUDY.settings)
    constant, linear, _ = lines
    assert "0.000\u00a0±\u00a00.000" in constant
    assert linear.count("±") == 2
    assert lines[0].endswith("−0.250\u00a0±\u00a00.000")
    assert heading.index("average less last") == lines[0].index("−0.250")


def test_a_summary_tells_of_runs_that_diverged(folder):
    path = folder / "toy.csv"
    key, made, runs = read_record(path)
    wild = [
        replace(run, diverged=True, test_loss=float("nan"))
        if (run.label, run.seed) == ("post", 101)
        else run
        for run in runs
    ]
    write_record(path, STUDY, key, made, wild)
    assert "1 of 3 diverged" in record("toy", folder).summary().splitlines()[-1]


def test_a_summary_goes_without_a_reference_that_diverged(folder):
    path = folder / "toy.csv"
    key, made, runs = read_record(path)
    lost = [
        replace(run, diverged=True, test_loss=np.inf)
        if (run.label, run.purpose) == ("linear", "report")
        else run
        for run in runs
    ]
    write_record(path, STUDY, key, made, lost)
    _, constant, linear, _ = record("toy", folder).summary().splitlines()
    assert "3 of 3 diverged" in linear
    assert constant.count("±") == 2


def test_every_run_is_read_back_to_six_digits(tmp_path, folder):
    path = tmp_path / "one.csv"
    wild = replace(
        RUN, label="post", diverged=True, test_loss=float("nan"), val_loss=(1.0, 2.0, np.inf)
    )
    write_record(path, STUDY, records.key_of(STUDY), [{"date": "today"}], [wild, RUN])
    key, made, runs = read_record(path)
    assert key == records.key_of(STUDY)
    assert made == [{"date": "today"}]
    assert repr(runs) == repr([replace(RUN, test_loss=1.23457), wild])


def test_runs_are_written_by_setting_then_peak_then_seed(tmp_path, folder):
    path = tmp_path / "one.csv"
    others = [
        replace(RUN, label="constant", seed=9),
        replace(RUN, peak=0.002),
        replace(RUN, seed=0),
    ]
    write_record(path, STUDY, records.key_of(STUDY), [], [RUN, *others])
    assert [(run.label, run.peak, run.seed) for run in read_record(path)[2]] == [
        ("constant", 0.004, 9),
        ("linear", 0.002, 1),
        ("linear", 0.004, 0),
        ("linear", 0.004, 1),
    ]


def test_a_run_takes_little_room(folder):
    path = folder / "toy.csv"
    assert path.stat().st_size < 200 * len(read_record(path)[2])


def refused(name, folder):
    with pytest.raises(ValueError, match=r".") as error:
        record(name, folder)
    return str(error.value)


MEND = "make it with: python -m lrlib record toy"


def test_a_record_that_is_not_there_is_named_with_the_command_that_makes_it(folder):
    (folder / "toy.csv").unlink()
    assert (
        refused("toy", folder)
        == f"{folder}/toy.csv is missing, where a checkout of the course has it; {MEND}"
    )


def test_a_record_of_other_code_is_refused(folder, monkeypatch):
    monkeypatch.setattr(records, "source_fingerprint", lambda names: "0" * 64)
    assert refused("toy", folder) == f"{folder}/toy.csv was made with another code; {MEND}"


def test_a_record_of_other_code_and_other_data_is_refused(folder, monkeypatch):
    monkeypatch.setattr(records, "source_fingerprint", lambda names: "0" * 64)
    monkeypatch.setattr(records, "data_digest", lambda: "0" * 64)
    told = refused("toy", folder)
    assert told == f"{folder}/toy.csv was made with another code and another data; {MEND}"


@pytest.mark.parametrize(
    "altered",
    [
        {"total_steps": 40},
        {"eval_every": 5},
        {"settings": {label: STUDY.settings[label] for label in ("constant", "linear")}},
        {"settings": STUDY.settings | {"linear": STUDY.settings["constant"]}},
    ],
    ids=["length", "evaluations", "a setting less", "another schedule"],
)
def test_a_record_of_another_definition_is_refused(folder, monkeypatch, altered):
    monkeypatch.setitem(STUDIES, "toy", replace(STUDY, **altered))
    assert refused("toy", folder) == f"{folder}/toy.csv was made with another definition; {MEND}"


@pytest.mark.parametrize(
    ("altered", "left"),
    [({"report": (100, 101, 102, 103)}, 3), ({"choice": (0, 2)}, 9), ({"rates": (0.064,)}, 6)],
    ids=["report", "choice", "grid"],
)
def test_a_record_that_lacks_runs_is_refused(folder, monkeypatch, altered, left):
    monkeypatch.setitem(STUDIES, "toy", replace(STUDY, **altered))
    assert refused("toy", folder) == f"{folder}/toy.csv lacks at least {left} runs; {MEND}"


@pytest.mark.parametrize(
    "altered",
    [
        lambda text: "",
        lambda text: text[: len(text) // 2],
        lambda text: text.replace("# code", "# node"),
        lambda text: text.replace('"peak"', '"rate"'),
        lambda text: text.replace("False", "false"),
        lambda text: text.partition("\n")[2],
        lambda text: text.replace("# made: [", "# made: "),
    ],
    ids=["empty", "cut", "key", "column", "cell", "study", "head"],
)
def test_a_file_that_is_no_record_is_named(folder, altered):
    path = folder / "toy.csv"
    path.write_text(altered(path.read_text()))
    said = f"path must be a record of lrlib, whole and as it was made, got '{path}'; delete it and "
    assert refused("toy", folder) == said + MEND


def test_an_unknown_study_is_named(folder):
    assert refused("tea", folder).startswith("name must be one of 'transformer-schedules', ")


TINY = {"norm": "pre", "layers": 1, "width": 8, "heads": 2, "context": 8, "batch_size": 4}
TINY_STUDY = Study(
    "tiny",
    "Does a record come of real runs?",
    {
        "linear": Setting(warmed_up(ROWS["linear"]), TINY),
        "plateau": Setting(warmed_up(ROWS["plateau"]), TINY | {"norm": "post"}),
    },
    grows=False,
    report=(100, 101),
    rates=(0.01, 0.02),
    choice=(0, 1),
    total_steps=40,
    eval_every=20,
)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """A folder with the record of two settings that were trained."""
    folder = tmp_path_factory.mktemp("records")
    make_record(TINY_STUDY, folder, device="cpu", jobs=1, tell=lambda line: None)
    return folder


@pytest.fixture(params=["tiny", *(path.stem for path in sorted(RECORDS.glob("*.csv")))])
def made(request, tiny, monkeypatch):
    """Each record of the book, and one that was made just now: its study, its folder."""
    monkeypatch.setitem(STUDIES, "tiny", TINY_STUDY)
    return STUDIES[request.param], tiny if request.param == "tiny" else RECORDS


def early_losses(study, runs, share=1.0, make=None):
    """The losses of the early updates of runs of one setting, trained once more.

    The peak can be another share of theirs, and the schedule one of another making.
    """
    text = sympy_source()
    # What is held out is evaluated, and not looked at.
    short = replace(text, val=text.val[:100], test=text.test[:100])
    setting = study.settings[runs[0].label]
    schedule = (make or setting.schedule)(share * runs[0].peak, study.total_steps)
    seeds = [run.seed for run in runs]
    options = {"total_steps": max(EARLY), "eval_every": max(EARLY), "jobs": 1}
    again = train_transformers([schedule], seeds, short, **options | setting.network)
    return again.train_loss[0][:, [update - 1 for update in EARLY]]


def two_runs(study, folder, label):
    """Two reported runs of a setting."""
    _, _, runs = read_record(folder / f"{study.name}.csv")
    return [run for run in runs if run.label == label and run.purpose == "report"][:2]


def agree(losses, runs):
    """Say whether early losses are those of a record, as far as processors agree."""
    return losses == pytest.approx(np.array([run.train_loss for run in runs]), rel=1e-3)


def test_a_record_is_of_today(made):
    study, folder = made
    assert list(record(study.name, folder).outcomes) == list(study.settings)


@pytest.mark.parametrize("place", [0, -1], ids=["first", "last"])
def test_runs_of_a_record_begin_as_they_do_when_they_are_trained_once_more(made, place):
    study, folder = made
    runs = two_runs(study, folder, list(study.settings)[place])
    assert agree(early_losses(study, runs), runs)
    assert not agree(early_losses(study, runs, share=0.5), runs)


def test_runs_of_another_warmup_seed_or_network_begin_otherwise(tiny):
    runs = two_runs(TINY_STUDY, tiny, "linear")
    assert agree(early_losses(TINY_STUDY, runs), runs)
    assert not agree(early_losses(TINY_STUDY, runs, make=ROWS["linear"]), runs)
    assert not agree(early_losses(TINY_STUDY, [replace(run, seed=7) for run in runs]), runs)
    deeper = Setting(TINY_STUDY.settings["linear"].schedule, TINY | {"layers": 2})
    other = replace(TINY_STUDY, settings={"linear": deeper})
    assert not agree(early_losses(other, runs), runs)


@pytest.mark.parametrize("name", STUDIES)
def test_every_study_has_a_complete_record_of_today(name):
    found = record(name)
    assert list(found.outcomes) == list(STUDIES[name].settings)
    assert " on " in found.origin


def test_each_of_many_settings_is_compared_with_the_reference_as_one_of_them(folder):
    against = record("toy", folder).against_reference()
    assert against["constant"].verdict in VERDICTS
    assert {each.among for each in against.values()} == {len(against)}
    assert STUDY.reference not in against


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("# evaluations: [", "# evaluations: 5 # ["),
        ("choice", "other"),
        ("# made: [", '# made: "x" # ['),
    ],
)
def test_a_record_that_was_altered_is_refused_with_what_mends_it(folder, old, new):
    path = folder / "toy.csv"
    text = path.read_text("utf8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf8")
    with pytest.raises(ValueError, match="path must be a record .* python -m lrlib record toy"):
        record("toy", folder)


def test_a_run_that_stands_twice_or_without_a_number_is_refused(folder):
    path = folder / "toy.csv"
    *others, last = path.read_text("utf8").splitlines(keepends=True)
    which, _, losses = last.partition("False,")
    for row in (last + last, f"{which}False,nan,{losses.partition(',')[2]}"):
        path.write_text("".join(others) + row, "utf8")
        with pytest.raises(ValueError, match="path must be a record"):
            record("toy", folder)


def test_a_loss_is_rounded_before_it_chooses_a_peak():
    run = Run("a", 0.1, 0, "choice", False, 1.00000049, 1.0, 1.0, (1.00000049,), (2.00000049,))
    kept = records.as_kept(run)
    assert (kept.test_loss, kept.val_loss, kept.train_loss) == (1.0, (1.0,), (2.0,))
    assert records.as_kept(kept) == kept
