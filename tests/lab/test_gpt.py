"""The transformer: its shape, its first weights, and what a prediction can see."""

import pytest
import torch
from plain_gpt import loss_and_accuracy, plain_model
from torch.nn.functional import cross_entropy

from lrlib.lab import gpt as module
from lrlib.lab.gpt import GPT

torch.set_num_threads(1)

SMALL = {"symbols": 11, "layers": 3, "width": 12, "heads": 3, "context": 10}
NORMS = ["pre", "post"]


def drawn(gpt, seeds=(0, 1), spread=0.3):
    """Weights large enough to make a difference, for a run of each seed."""
    generator = torch.Generator().manual_seed(0)
    weights = torch.stack([gpt.initial_weights(seed) for seed in seeds])
    return weights + spread * torch.randn(weights.shape, generator=generator)


def windows(gpt, *shape):
    generator = torch.Generator().manual_seed(1)
    return torch.randint(gpt.symbols, (*shape, gpt.context + 1), generator=generator)


@pytest.mark.parametrize("norm", NORMS)
def test_logits_are_those_of_layers_of_torch(norm):
    gpt = GPT(norm=norm, **SMALL)
    weights, seen = drawn(gpt), windows(gpt, 2, 5)[..., :-1]
    logits = gpt.logits(weights, seen)
    for run in range(2):
        expected = plain_model(gpt, weights[run])(seen[run]).flatten(0, 1)
        assert torch.allclose(logits[run], expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("norm", NORMS)
def test_a_prediction_sees_what_came_before_and_nothing_of_what_comes(norm):
    gpt = GPT(norm=norm, **SMALL)
    weights, seen = drawn(gpt), windows(gpt, 2, 5)[..., :-1]
    other = seen.clone()
    other[..., 6] = (other[..., 6] + 1) % gpt.symbols
    change = (gpt.logits(weights, other) - gpt.logits(weights, seen)).abs().amax(dim=2)
    change = change.view(2, 5, gpt.context)
    assert (change[..., :6] == 0).all()
    assert (change[..., 6:] > 1e-4).all()


def test_the_weights_are_as_many_as_those_of_layers_of_torch():
    for norm in NORMS:
        for shape in (SMALL, {"symbols": 137}):
            gpt = GPT(norm=norm, **shape)
            model = plain_model(gpt, gpt.initial_weights(0))
            assert gpt.weights == sum(part.numel() for part in model.parameters())
            assert gpt.weights == len(gpt.initial_weights(0))
            matrices = [part for part in model.parameters() if part.dim() == 2]
            assert gpt.decayed == sum(part.numel() for part in matrices)


def test_first_weights_are_those_of_gpt_2():
    gpt = GPT(137, layers=8)
    for name, part in gpt.split(gpt.initial_weights(0)[None]).items():
        if part.dim() == 3:
            spread = 0.02 / 4 if name.endswith(("attended", "contract")) else 0.02
            assert part.std().item() == pytest.approx(spread, rel=0.05), name
            assert abs(part.mean().item()) < 4 * spread / part.numel() ** 0.5, name
        else:
            assert (part == (1 if name.endswith("scale") else 0)).all(), name


def test_first_weights_come_from_the_seed_alone():
    state = torch.get_rng_state()
    gpt = GPT(**SMALL)
    first = gpt.initial_weights(0)
    torch.set_default_dtype(torch.float64)
    try:
        again = gpt.initial_weights(0)
    finally:
        torch.set_default_dtype(torch.float32)
    assert torch.equal(first, again)
    assert not torch.equal(first, gpt.initial_weights(1))
    assert torch.equal(torch.get_rng_state(), state)


def test_a_transformer_that_knows_nothing_loses_the_logarithm_of_its_vocabulary():
    gpt = GPT(137)
    loss = gpt.loss(gpt.initial_weights(0)[None], windows(gpt, 1, 8))
    assert loss.item() == pytest.approx(torch.tensor(137.0).log().item(), abs=0.05)


@pytest.mark.parametrize("together", [1, 3, 16])
def test_loss_and_accuracy_are_means_over_all_windows(monkeypatch, together):
    monkeypatch.setattr(module, "EVAL_WINDOWS", together)
    gpt = GPT(**SMALL)
    weights, some = drawn(gpt), windows(gpt, 7)
    loss, accuracy = gpt.evaluate(weights, some.to(torch.uint8))
    assert not loss.requires_grad
    assert loss.tolist() == pytest.approx(
        gpt.loss(weights, some.expand(2, -1, -1)).tolist(), rel=1e-5
    )
    for run in range(2):
        expected = loss_and_accuracy(plain_model(gpt, weights[run]), some)
        assert loss[run].item() == pytest.approx(expected[0].item(), rel=1e-4)
        assert accuracy[run].item() == pytest.approx(expected[1], rel=1e-6)


def test_the_loss_is_the_cross_entropy_of_every_symbol_but_the_first():
    gpt = GPT(**SMALL)
    weights, some = drawn(gpt), windows(gpt, 2, 5)
    loss = gpt.loss(weights, some)
    for run, logits in enumerate(gpt.logits(weights, some[..., :-1])):
        expected = cross_entropy(logits, some[run, :, 1:].flatten())
        assert loss[run].item() == pytest.approx(expected.item(), rel=1e-5)
