"""Chunks over the cores: in order, one thread each, a bar for who looks on, clear errors."""

import os
import signal
import subprocess
import sys
import time
from types import SimpleNamespace

import joblib
import pytest
import torch
from tqdm import tqdm

from lrlib.training import parallel
from lrlib.training.parallel import job_count, map_chunks, one_thread, shows_progress


def where(chunk):
    return chunk, os.getpid(), torch.get_num_threads(), job_count()


def die_at_two(chunk):
    if chunk == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return chunk


def fail_at_two(chunk):
    if chunk == 2:
        raise ValueError("chunk must not be 2")
    return chunk


def over(jobs, work=where, chunks=(3, 1, 2)):
    return map_chunks(work, chunks, jobs=jobs, label="training", sizes=[1] * len(chunks))


@pytest.fixture
def two_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def test_one_job_works_in_this_process_on_one_thread(two_threads):
    assert over(1) == [(chunk, os.getpid(), 1, 1) for chunk in (3, 1, 2)]
    assert torch.get_num_threads() == 2


def test_two_jobs_work_in_others_in_order_each_on_one_thread_and_do_not_multiply(monkeypatch):
    monkeypatch.delenv("LRLIB_JOBS")
    chunks, processes, threads, jobs = zip(*over(2), strict=True)
    assert chunks == (3, 1, 2)
    assert os.getpid() not in processes
    assert (set(threads), set(jobs)) == ({1}, {1})


def test_a_killed_process_is_one_error_that_says_what_to_do_and_the_next_call_works():
    with pytest.raises(RuntimeError, match="training: a process was killed .*LRLIB_JOBS=1"):
        over(2, die_at_two)
    assert [chunk for chunk, *_ in over(2)] == [3, 1, 2]


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_error_of_the_work_is_passed_on_as_it_is(jobs):
    with pytest.raises(ValueError, match="chunk must not be 2"):
        over(jobs, fail_at_two)


def test_a_single_chunk_stays_in_this_process():
    assert over(2, chunks=[5])[0][1] == os.getpid()


def test_no_chunks_give_no_results():
    assert over(2, chunks=[]) == []


def test_an_error_gives_the_threads_back(two_threads):
    with pytest.raises(ZeroDivisionError), one_thread():
        1 / (torch.get_num_threads() - 1)
    assert torch.get_num_threads() == 2


def test_the_number_of_jobs_is_the_argument_else_the_variable_else_one_for_each_core(monkeypatch):
    monkeypatch.setenv("LRLIB_JOBS", "3")
    assert (job_count(5), job_count()) == (5, 3)
    monkeypatch.delenv("LRLIB_JOBS")
    assert job_count() == joblib.cpu_count()


@pytest.mark.parametrize("jobs", [0, -1, 1.5, "2", True])
def test_a_bad_number_of_jobs_is_named(jobs):
    with pytest.raises(ValueError, match=f"jobs must be a whole number >= 1, got {jobs!r}"):
        over(jobs)


@pytest.mark.parametrize("text", ["abc", "0", "-1", "1.5", ""])
def test_a_bad_variable_is_named(monkeypatch, text):
    monkeypatch.setenv("LRLIB_JOBS", text)
    with pytest.raises(ValueError, match=f"LRLIB_JOBS must be a whole number >= 1, got '{text}'"):
        over(None)


@pytest.fixture
def console(monkeypatch):
    """Says whether standard error is a terminal, and what runs in IPython."""
    monkeypatch.delenv("LRLIB_PROGRESS")

    def console(terminal, shell=None):
        monkeypatch.setattr(sys, "stderr", SimpleNamespace(isatty=lambda: terminal))
        ipython = SimpleNamespace(get_ipython=lambda: shell)
        monkeypatch.setitem(sys.modules, "IPython", ipython)

    return console


def test_a_bar_shows_on_a_terminal_and_in_a_live_notebook_alone(console, monkeypatch):
    console(terminal=True)
    assert shows_progress()
    console(terminal=False, shell=SimpleNamespace(kernel="a kernel"))
    assert shows_progress()
    console(terminal=False, shell=SimpleNamespace())
    assert not shows_progress()
    monkeypatch.delitem(sys.modules, "IPython")
    assert not shows_progress()


def test_a_variable_turns_bars_off(console, monkeypatch):
    console(terminal=True, shell=SimpleNamespace(kernel="a kernel"))
    monkeypatch.setenv("LRLIB_PROGRESS", "0")
    assert not shows_progress()


def test_the_bar_says_what_is_trained_and_how_many_runs_are_left(monkeypatch, capsys):
    at_once = {"delay": 0, "mininterval": 0, "leave": True}
    monkeypatch.setattr(parallel, "tqdm", lambda **options: tqdm(**options | at_once))
    monkeypatch.setattr(parallel, "shows_progress", lambda: True)
    map_chunks(abs, [1, 2], jobs=1, label="training under CosineAnnealingLR", sizes=[8, 4])
    shown = capsys.readouterr().err
    for text in ("training under CosineAnnealingLR", "12 left", "8/12", "4 left", "12/12"):
        assert text in shown


def test_nothing_is_shown_where_nobody_looks_on(capfd):
    over(1)
    over(2)
    assert capfd.readouterr() == ("", "")


ASLEEP = """
import time
from lrlib.training.parallel import map_chunks
map_chunks(time.sleep, [600, 600], jobs=2, label="sleep", sizes=[1, 1])
"""


def workers_of(parent):
    """The processes of joblib that a process has started."""
    listed = subprocess.run(["ps", "-wweo", "pid,ppid,args"], capture_output=True, text=True)
    rows = [line.split(maxsplit=2) for line in listed.stdout.splitlines()[1:]]
    return [pid for pid, ppid, args in rows if int(ppid) == parent and "LokyProcess" in args]


def soon(what):
    """What comes true within a minute."""
    for _ in range(600):
        if found := what():
            return found
        time.sleep(0.1)
    return None


def is_alive(pid):
    status = subprocess.run(["ps", "-o", "stat=", "-p", pid], capture_output=True, text=True)
    return status.stdout.strip()[:1] not in ("", "Z")


def test_the_processes_of_one_that_is_killed_end_with_it():
    command = [sys.executable, "-c", ASLEEP]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as parent:
        workers = soon(lambda: len(found := workers_of(parent.pid)) == 2 and found)
        parent.kill()
    assert workers
    assert soon(lambda: not any(map(is_alive, workers)))
