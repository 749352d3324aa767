"""The perceptron of the course, and its initial weights drawn without it."""

import pytest
import torch

from lrlib.training.model import initial_weights, mlp


@pytest.mark.parametrize("sizes", [(40, 64, 64, 10), (64, 10), (2, 5, 7, 3), (1, 1), (3, 999)])
@pytest.mark.parametrize("seed", [0, 3, 10**9])
def test_the_initial_weights_are_those_of_the_model(sizes, seed):
    drawn = initial_weights(sizes, seed)
    expected = list(mlp(sizes, seed).parameters())
    assert len(drawn) == len(expected)
    for mine, theirs in zip(drawn, expected, strict=True):
        assert torch.equal(mine, theirs)


@pytest.mark.parametrize("make", [mlp, initial_weights])
def test_the_global_generator_is_neither_read_nor_moved(make):
    torch.manual_seed(1)
    first = [part.tolist() for part in weights_of(make((4, 3), 7))]
    before = torch.get_rng_state()
    assert [part.tolist() for part in weights_of(make((4, 3), 7))] == first
    assert torch.equal(torch.get_rng_state(), before)


def weights_of(made):
    return made if isinstance(made, list) else list(made.parameters())


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ((4,), r"sizes must hold at least input and output, got \(4,\)"),
        ((4, 0, 2), r"sizes\[1\] must be a whole number >= 1, got 0"),
    ],
)
def test_bad_sizes_are_named(sizes, message):
    with pytest.raises(ValueError, match=message):
        mlp(sizes, 0)
