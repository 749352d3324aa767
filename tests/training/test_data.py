"""The data are what they are said to be, the same every time, and survive bad files and races."""

import io
import pickle
import random
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lrlib.training import data
from lrlib.training.cache import cache_dir


@pytest.fixture
def small_mnist1d(monkeypatch, tmp_path):
    """MNIST-1D of noise, made at once, in a cache of its own; counts how often it is generated."""
    monkeypatch.setenv("LRLIB_CACHE", str(tmp_path))
    generator = np.random.default_rng(0)
    noise = generator.normal(size=(7_000, 40)), generator.integers(10, size=7_000)
    made = []
    monkeypatch.setattr(data, "MNIST1D_SAMPLES", 7_000)
    monkeypatch.setattr(data, "_generate_mnist1d", lambda: (made.append(1), noise)[1])
    return made


def stored():
    (path,) = cache_dir().glob("*.npz")
    return path


def test_mnist1d_has_the_sizes_of_the_lab():
    dataset = data.mnist1d()
    assert dataset.x_train.shape == (38_000, 40)
    assert [len(dataset.y_val), len(dataset.y_test)] == [2_000, 4_000]
    assert dataset.classes == 10


@pytest.mark.parametrize("make", data.DATASETS.values(), ids=data.DATASETS)
def test_features_are_standardised_by_the_training_examples(make):
    dataset = make()
    x = dataset.x_train.double()
    assert x.mean(0).abs().max() < 1e-6
    varies = x.std(0) > 0
    assert (x.std(0, correction=0)[varies] - 1).abs().max() < 1e-5
    assert dataset.x_train.dtype == torch.float32
    assert dataset.y_train.dtype == torch.int64


def test_digits_keep_the_classes_in_equal_shares():
    dataset = data.digits()
    assert [len(y) for y in (dataset.y_train, dataset.y_val, dataset.y_test)] == [1297, 200, 300]
    for y in (dataset.y_val, dataset.y_test):
        counts = y.bincount()
        assert counts.max() - counts.min() <= 3


@pytest.mark.parametrize("make", [data.digits, data.spirals])
def test_no_example_is_in_two_parts(make):
    dataset = make()
    rows = torch.cat([dataset.x_train, dataset.x_val, dataset.x_test])
    assert len(rows.unique(dim=0)) == len(rows)


def test_mnist1d_is_generated_once_and_then_loaded(small_mnist1d):
    first, second = data.mnist1d(), data.mnist1d()
    assert len(small_mnist1d) == 1
    assert first.digest() == second.digest()


def test_generating_leaves_the_global_generators_alone(monkeypatch, tmp_path):
    monkeypatch.setenv("LRLIB_CACHE", str(tmp_path))
    monkeypatch.setattr(data, "MNIST1D_SAMPLES", 50)
    monkeypatch.setattr(data, "_split", lambda name, x, y, n_val, n_test: x)
    random.seed(1)
    np.random.seed(1)  # noqa: NPY002
    expected = random.random(), np.random.rand()  # noqa: NPY002
    random.seed(1)
    np.random.seed(1)  # noqa: NPY002
    assert data.mnist1d().shape == (50, 40)
    assert (random.random(), np.random.rand()) == expected  # noqa: NPY002


def archive(**arrays):
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


@pytest.mark.parametrize(
    "damaged",
    [
        lambda content: content[: len(content) // 2],
        lambda content: content[:1000] + bytes([content[1000] ^ 1]) + content[1001:],
        lambda content: b"hello",
        lambda content: b"",
        lambda content: pickle.dumps({"x": 1}),
        lambda content: archive(z=1),
        lambda content: archive(x=[[1.0]], y=[0]),
        lambda content: archive(x=np.array([None]), y=[0]),
    ],
    ids=["cut", "one byte", "text", "empty", "pickle", "names", "shapes", "objects"],
)
def test_a_damaged_or_foreign_file_is_made_again(small_mnist1d, damaged):
    digest = data.mnist1d().digest()
    stored().write_bytes(damaged(stored().read_bytes()))
    assert data.mnist1d().digest() == digest
    assert len(small_mnist1d) == 2
    assert data.mnist1d().digest() == digest
    assert len(small_mnist1d) == 2


def test_two_that_start_together_generate_once(small_mnist1d):
    start = threading.Barrier(2)
    with ThreadPoolExecutor(2) as pool:
        jobs = [pool.submit(lambda: (start.wait(), data.mnist1d())[1]) for _ in range(2)]
    assert jobs[0].result().digest() == jobs[1].result().digest()
    assert len(small_mnist1d) == 1


def test_a_digest_changes_with_one_label():
    dataset = data.digits()
    before = dataset.digest()
    dataset.y_test[0] = (dataset.y_test[0] + 1) % 10
    assert dataset.digest() != before


@given(st.integers(2, 6), st.integers(30, 200), st.integers(0, 99))
def test_spirals_keep_the_classes_in_equal_shares_in_every_part(classes, samples, seed):
    dataset = data.spirals(classes, samples, seed=seed)
    parts = dataset.y_train, dataset.y_val, dataset.y_test
    assert [len(y) for y in parts[1:]] == [samples // 5] * 2
    assert sum(map(len, parts)) == samples
    for y in parts:
        counts = y.bincount(minlength=classes)
        assert counts.max() - counts.min() <= 1
    assert (dataset.features, dataset.classes) == (2, classes)


def test_without_noise_the_arms_are_one_curve_turned(monkeypatch):
    monkeypatch.setattr(data, "_split", lambda name, x, y, n_val, n_test: (x, y))
    points, labels = data.spirals(classes=4, samples=400, noise=0)
    radius = np.hypot(*points.T)
    assert radius.min() < 0.05
    assert 0.95 < radius.max() <= 1
    turned = np.arctan2(points[:, 1], points[:, 0]) / (2 * np.pi) - radius - labels / 4
    assert turned - turned.round() == pytest.approx(0, abs=1e-12)


def test_noise_turns_the_points_of_a_spiral_by_its_standard_deviation(monkeypatch):
    monkeypatch.setattr(data, "_split", lambda name, x, y, n_val, n_test: x)
    clean, noisy = (data.spirals(samples=9_000, noise=noise) @ (1, 1j) for noise in (0, 0.2))
    assert abs(noisy) == pytest.approx(abs(clean))
    assert np.angle(noisy / clean).std() == pytest.approx(0.2, rel=0.03)


def test_a_seed_decides_the_spirals():
    one, same, other = (data.spirals(seed=seed).digest() for seed in (1, 1, 2))
    assert one == same != other


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"classes": 1}, "classes must be a whole number >= 2, got 1"),
        ({"classes": 4, "samples": 19}, "samples must be a whole number >= 20, got 19"),
        ({"noise": -0.1}, "noise must be a finite number >= 0, got -0.1"),
        ({"seed": -1}, "seed must be a whole number >= 0, got -1"),
    ],
)
def test_a_bad_argument_of_the_spirals_is_named(options, message):
    with pytest.raises(ValueError, match=message):
        data.spirals(**options)


def test_every_epoch_visits_each_example_once_in_a_new_order():
    order = data.batch_order(12, 4, 6, seed=3)
    first, second = order[:3].flatten(), order[3:].flatten()
    assert first.sort().values.tolist() == second.sort().values.tolist() == list(range(12))
    assert first.tolist() != second.tolist()


def test_what_does_not_fill_a_batch_is_left_out_of_the_epoch():
    order = data.batch_order(10, 4, 4, seed=0)
    assert [len(set(epoch.flatten().tolist())) for epoch in order.split(2)] == [8, 8]


def test_the_order_depends_on_its_seed_alone():
    torch.manual_seed(1)
    one = data.batch_order(100, 10, 25, seed=5)
    torch.manual_seed(2)
    assert torch.equal(one, data.batch_order(100, 10, 25, seed=5))
    assert not torch.equal(one, data.batch_order(100, 10, 25, seed=6))


def test_no_updates_need_no_batches():
    assert data.batch_order(10, 4, 0, seed=0).shape == (0, 4)


@pytest.mark.parametrize(
    ("batch_size", "message"),
    [
        (0, "batch_size must be a whole number >= 1"),
        (11, "must not exceed the 10 examples, got 11"),
    ],
)
def test_a_bad_batch_size_is_named(batch_size, message):
    with pytest.raises(ValueError, match=message):
        data.batch_order(10, batch_size, 5, seed=0)
