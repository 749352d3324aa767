"""A sweep is many calls of train_many: on many processes, each result once, none lost or stale."""

import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from dataclasses import astuple, dataclass

import dask
import numpy as np
import pytest
from distributed import Client, LocalCluster

from lrlib import ConstantLR, CosineAnnealingLR, Schedule
from lrlib.training import many
from lrlib.training.data import digits
from lrlib.training.many import train_many
from lrlib.tuning import sweep as sweeps
from lrlib.tuning.sweep import sweep
from lrlib.tuning.sweep_table import load_table

DIGITS = digits().double()  # in which it makes no difference which runs are trained together
CANDIDATES = {
    "cosine": CosineAnnealingLR,
    "constant": lambda rate, total_steps: ConstantLR(rate, 1, 0),
}
RATES = (0.05, 0.2)
SEEDS = (3, 1, 4)
OPTIONS = {"total_steps": 10, "batch_size": 32}


@pytest.fixture
def trained(monkeypatch):
    """Every (first rate, seed) that is really trained, in this process, call by call."""
    calls = []

    def counting(schedules, seeds, *args, **options):
        calls.append([(schedule(0), seed) for schedule in schedules for seed in seeds])
        return train_many(schedules, seeds, *args, **options)

    monkeypatch.setattr(sweeps, "train_many", counting)
    return calls


def here(candidates=CANDIDATES, rates=RATES, seeds=SEEDS, data=DIGITS, **options):
    """A sweep in this process."""
    return sweep(candidates, rates, seeds, data, **({"jobs": 1} | OPTIONS | options))


def numbers(rows):
    return np.array([astuple(row)[1:] for row in rows], dtype=float)


def plain(rates=RATES, seeds=SEEDS, **options):
    """The same numbers from one plain call of train_many."""
    schedules = [make(rate, 10) for make in CANDIDATES.values() for rate in rates]
    runs = train_many(schedules, seeds, DIGITS, cache=False, **(OPTIONS | options))
    rows = []
    for i in range(len(schedules)):
        for k, seed in enumerate(seeds):
            rows.append([rates[i % len(rates)], seed, runs.train_loss[i, k, -1]])
            rows[-1] += [runs.val_loss[i, k, -1], runs.val_accuracy[i, k, -1]]
            rows[-1] += [runs.test_loss[i, k], runs.test_accuracy[i, k], runs.diverged[i, k]]
    return np.array(rows, dtype=float)


@pytest.mark.parametrize("chunk", [1, 2, 4, 32])
def test_rows_are_those_of_plain_train_many(chunk):
    rows = here(chunk=chunk)
    assert numbers(rows) == pytest.approx(plain(), rel=1e-9)
    assert [row.label for row in rows] == ["cosine"] * 6 + ["constant"] * 6


def test_two_processes_find_the_same_rows(trained):
    rows = sweep(CANDIDATES, RATES, SEEDS, DIGITS, jobs=2, chunk=3, **OPTIONS)
    assert not trained
    assert numbers(rows) == pytest.approx(plain(), rel=1e-9)


@pytest.mark.parametrize("chunk", [1, 2, 3, 5, 12])
def test_a_chunk_never_holds_more_runs_than_asked_for_and_each_run_is_in_one(trained, chunk):
    here(chunk=chunk)
    assert max(map(len, trained)) <= chunk
    runs = sum(trained, [])
    assert len(runs) == 12
    assert set(runs) == {(rate, seed) for rate in RATES for seed in SEEDS}


def test_a_run_that_diverges_is_a_row_that_says_so(tmp_path):
    for _ in range(2):
        good, bad = here({"cosine": CosineAnnealingLR}, (0.1, 1e30), [0], out=tmp_path / "t.csv")
        assert (good.diverged, bad.diverged) == (False, True)
        assert np.isnan(bad.test_loss)


def test_a_process_of_a_sweep_shares_its_work_with_no_others(monkeypatch):
    jobs = []
    monkeypatch.setattr(
        sweeps, "train_many", lambda *a, **o: (jobs.append(o["jobs"]), train_many(*a, **o))[1]
    )
    monkeypatch.setenv("LRLIB_JOBS", "2")
    here()
    assert jobs == [1]


def test_a_sweep_uses_as_many_processes_as_the_variable_says(trained, monkeypatch):
    monkeypatch.setenv("LRLIB_JOBS", "1")
    sweep(CANDIDATES, RATES, SEEDS, DIGITS, **OPTIONS)
    assert len(trained) == 1  # in this process


def kill(*args, **options):
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_killed_process_is_an_error_that_says_what_to_do(monkeypatch):
    monkeypatch.setattr(sweeps, "_train_chunk", kill)
    with pytest.raises(RuntimeError, match="sweep: a process was killed .*LRLIB_JOBS=1"):
        sweep(CANDIDATES, RATES, SEEDS, DIGITS, jobs=2, chunk=3, **OPTIONS)


@pytest.fixture(params=[".csv", ".parquet"])
def out(request, tmp_path):
    return tmp_path / f"table{request.param}"


def test_a_second_sweep_computes_nothing_and_finds_the_same_rows(trained, out):
    first = here(out=out, chunk=5)
    del trained[:]
    assert here(out=str(out)) == first
    assert not trained


def test_results_are_kept_in_the_table_alone(monkeypatch, tmp_path):
    monkeypatch.setenv("LRLIB_CACHE", str(tmp_path / "cache"))
    here(out=tmp_path / "table.csv")
    assert not (tmp_path / "cache").exists()


def test_a_sweep_that_grows_computes_only_what_is_new(trained, out):
    here(rates=[0.2], seeds=[3, 4], out=out)
    del trained[:]
    rows = here(out=out)
    assert sorted(sum(trained, [])) == sorted(2 * [(0.05, 3), (0.05, 1), (0.05, 4), (0.2, 1)])
    assert numbers(rows) == pytest.approx(plain(), rel=1e-9)


KILLED_IN_ITS_THIRD_CHUNK = """
import os, signal, sys
sys.path.insert(0, {tests!r})
import test_sweep as t
calls = []
def train(*args, **options):
    calls.append(1)
    if len(calls) == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return t.train_many(*args, **options)
t.sweeps.train_many = train
t.here(out={out!r}, chunk=3)
"""


def test_a_sweep_that_is_killed_goes_on_where_it_was(trained, out):
    script = KILLED_IN_ITS_THIRD_CHUNK.format(tests=os.path.dirname(__file__), out=str(out))
    killed = subprocess.run([sys.executable, "-c", script])
    assert killed.returncode == -signal.SIGKILL
    assert len(load_table(out)) == 6
    rows = here(out=out, chunk=3)
    assert len(sum(trained, [])) == 6
    assert numbers(rows) == pytest.approx(plain(), rel=1e-9)


def test_a_cluster_that_is_not_there_is_an_error(trained):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # nobody listens there
        address = f"tcp://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(OSError, match=f"Timed out trying to connect to {address} after 5 s"):
            here(backend="dask", scheduler_address=address)
    assert not trained


def test_the_folder_of_a_table_is_made(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    here(out="~/new/table.csv")
    assert len(load_table(tmp_path / "new" / "table.csv")) == 12


def other_data():
    dataset = digits().double()
    dataset.y_train[0] = (dataset.y_train[0] + 1) % 10
    return dataset


@pytest.mark.parametrize(
    "change",
    [
        {"candidates": CANDIDATES | {"cosine": lambda rate, n: CosineAnnealingLR(rate, n + 1)}},
        {"data": other_data()},
        {"batch_size": 31},
        {"momentum": 0.8},
        {"momentum": ConstantLR(0.8, 1, 0)},
        {"total_steps": 11},
        {"hidden": (64, 63)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_changed_configuration_is_computed_anew_and_the_old_one_kept(trained, tmp_path, change):
    out = tmp_path / "table.csv"
    here(out=out)
    del trained[:]
    changed = here(out=out, **change)
    assert sum(trained, [])
    assert numbers(changed).tolist() == numbers(here(**change)).tolist()
    del trained[:]
    assert numbers(here(out=out)) == pytest.approx(plain(), rel=1e-9)
    assert not trained


@dataclass(frozen=True, repr=False)
class Unnamed(Schedule):
    rate: float

    def _rate(self, step):
        return self.rate

    def __repr__(self):
        return "Unnamed()"


def test_schedules_that_only_look_alike_are_told_apart(trained, tmp_path):
    rows = [
        here({"x": lambda rate, n, s=s: s}, [1.0], [0], out=tmp_path / "table.csv")[0]
        for s in (Unnamed(0.05), Unnamed(0.1), Unnamed(0.05))
    ]
    assert len(trained) == 2
    assert rows[0] == rows[2] != rows[1]
    for momentum in (Unnamed(0.5), Unnamed(0.9), Unnamed(0.5)):
        here(momentum=momentum, out=tmp_path / "table.csv")
    assert len(trained) == 4


@pytest.mark.parametrize("changed", ["source", "torch"])
def test_another_trainer_or_torch_computes_anew(trained, tmp_path, monkeypatch, changed):
    here(out=tmp_path / "table.csv")
    if changed == "torch":
        monkeypatch.setattr(many.torch, "__version__", "0.0")
    else:
        monkeypatch.setattr(sweeps, "source_fingerprint", lambda names: "other")
    here(out=tmp_path / "table.csv")
    assert len(trained) == 2


@pytest.fixture
def cluster():
    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0"
    ) as cluster:
        yield cluster


def test_a_worker_killed_in_mid_sweep_loses_nothing_and_doubles_nothing(
    cluster, monkeypatch, tmp_path
):
    arrived, killed = [], []
    add = sweeps.add_to_table

    def kill_one_that_is_at_work(path, rows):
        arrived.extend(rows)
        if not killed:
            with Client(cluster.scheduler_address, set_as_default=False) as client:
                busy = [worker for worker, tasks in client.processing().items() if tasks]
                (pid,) = client.run(os.getpid, workers=busy[:1]).values()
            os.kill(pid, signal.SIGKILL)
            killed.append(pid)
        add(path, rows)

    monkeypatch.setattr(sweeps, "add_to_table", kill_one_that_is_at_work)
    options = {"total_steps": 200, "batch_size": 32}
    rows = sweep(
        CANDIDATES,
        RATES,
        SEEDS,
        DIGITS,
        backend="dask",
        scheduler_address=cluster.scheduler_address,
        out=tmp_path / "table.csv",
        chunk=1,
        **options,
    )
    assert len(killed) == 1
    assert len(arrived) == len(set(arrived)) == 12
    assert [(row.label, row.rate, row.seed) for row in rows] == [
        (label, rate, seed) for label in CANDIDATES for rate in RATES for seed in SEEDS
    ]
    assert numbers(rows) == pytest.approx(numbers(here(**options)), rel=1e-9)
    assert len(load_table(tmp_path / "table.csv")) == 12


def over_dask(**options):
    return here(backend="dask", jobs=2, chunk=3, **options)


def test_an_error_of_a_worker_of_dask_is_passed_on():
    with pytest.raises(ValueError, match="batch_size must not exceed the 1297 examples"):
        over_dask(batch_size=10**6)


def test_workers_of_dask_that_are_killed_are_an_error_that_says_so(monkeypatch):
    monkeypatch.setattr(sweeps, "_train_chunk", kill)
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 0}),
        pytest.raises(RuntimeError, match="sweep: workers of the cluster were killed"),
    ):
        over_dask()


def test_a_cluster_that_is_lost_is_an_error_and_what_was_stored_is_kept(
    cluster, monkeypatch, tmp_path
):
    add = sweeps.add_to_table

    def add_and_lose(path, rows):
        add(path, rows)
        cluster.close()

    monkeypatch.setattr(sweeps, "add_to_table", add_and_lose)
    out = tmp_path / "table.csv"
    with pytest.raises(ConnectionError, match="the Dask cluster was lost"):
        over_dask(
            scheduler_address=cluster.scheduler_address, out=out, **OPTIONS | {"total_steps": 2000}
        )
    assert len(load_table(out)) == 3


def test_a_dask_sweep_without_an_address_starts_processes_of_its_own(trained):
    with socket.socket() as taken:
        with suppress(OSError):  # another cluster of this machine has the port already
            taken.bind(("", 8787))
            taken.listen()
        rows = sweep(CANDIDATES, RATES, SEEDS, DIGITS, backend="dask", jobs=2, **OPTIONS)
    assert not trained
    assert numbers(rows) == pytest.approx(plain(), rel=1e-9)


@pytest.mark.parametrize(
    ("package", "options"),
    [("distributed", {"backend": "dask"}), ("pyarrow.parquet", {"out": "table.parquet"})],
)
def test_a_missing_extra_is_named_before_anything_is_trained(
    trained, monkeypatch, tmp_path, package, options
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ImportError, match=r"pip install 'lrlib\[cluster\]'"):
        here(**options)
    assert not trained


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"candidates": {}}, "candidates must map one label at least, got {}"),
        ({"candidates": [CosineAnnealingLR]}, "candidates must map one label at least, got"),
        ({"candidates": {1: CosineAnnealingLR}}, "candidates must have labels that are strings"),
        ({"candidates": {"x": 1}}, r"candidates\['x'\] must be a function that makes a schedule"),
        ({"candidates": {"x": lambda rate, n: 0.1}}, r"candidates\['x'\] must be a Schedule"),
        ({"rates": []}, r"rates must hold at least one, and each once, got \(\)"),
        ({"rates": [0.1, 0.1]}, "rates must hold at least one, and each once"),
        ({"rates": [0.1, 0]}, r"rates\[1\] must be a finite number > 0, got 0"),
        ({"seeds": [1, 1]}, "seeds must hold at least one, and each once"),
        ({"seeds": 3}, "seeds must be a sequence, got 3"),
        ({"seeds": [2**64]}, r"seeds\[0\] must be below 2\*\*64"),
        ({"seeds": [0.5]}, r"seeds\[0\] must be a whole number >= 0, got 0.5"),
        ({"total_steps": 0}, "total_steps must be a whole number >= 1, got 0"),
        ({"jobs": 0}, "jobs must be a whole number >= 1, got 0"),
        ({"chunk": 0}, "chunk must be a whole number >= 1, got 0"),
        ({"backend": "spark"}, "backend must be one of 'loky', 'dask', got 'spark'"),
        ({"scheduler_address": "tcp://x:1"}, "scheduler_address must be left out unless"),
        *(
            (
                {"backend": "dask", "scheduler_address": address},
                f"scheduler_address must be like 'tcp://host:8786', got '{address}'",
            )
            for address in ("nonsense", "tcp://host", "host:", "tcp://:8786x", "http://h/x:1", "")
        ),
        ({"out": "table.txt"}, "out must be a .csv or .parquet file, got 'table.txt'"),
        ({"out": "/dev/null/table.csv"}, "out must be in a folder, got '/dev/null/table.csv'"),
        ({"momentum": [0.9, 0.8]}, r"momentum must be one for all runs, got \[0.9, 0.8\]"),
        ({"batch_size": 10**6}, "batch_size must not exceed the 1297 examples"),
        ({"hidden": (64, 0)}, r"hidden\[1\] must be a whole number >= 1, got 0"),
        ({"optimizer": "lion"}, "optimizer must be one of 'sgd', 'adamw', got 'lion'"),
        ({"weight_decay": -1}, "weight_decay must be a finite number >= 0, got -1"),
        ({"device": "abacus"}, "device must be one that torch finds here, got 'abacus'"),
        ({"cache": False}, "options must be one of 'hidden', 'batch_size', .*, got 'cache'"),
        ({"eval_every": 5}, "options must be one of 'hidden', 'batch_size', .*, got 'eval_every'"),
    ],
)
def test_a_bad_argument_is_named_before_any_work(trained, monkeypatch, tmp_path, change, message):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=message):
        here(**change)
    assert not trained
    assert not list(tmp_path.iterdir())


def test_foreign_numbers_find_the_rows_of_pythons(trained, out):
    first = here(out=out, total_steps=10, momentum=0.5)
    del trained[:]
    foreign = {"total_steps": np.int64(10), "momentum": np.float64(0.5), "chunk": np.int8(5)}
    rows = here(rates=np.array(RATES), seeds=np.array(SEEDS), out=out, **foreign)
    assert not trained
    assert repr(rows) == repr(first)
