"""The plain loop trains, records what happened, and reads every rate from the optimizer."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy
from torch.optim import lr_scheduler

from lrlib import (
    ConstantLR,
    CosineAnnealingLR,
    LinearLR,
    LinearWarmup,
    ReduceLROnPlateau,
    SequentialLR,
    StepLR,
)
from lrlib.training.data import batch_order, digits
from lrlib.training.history import History
from lrlib.training.loop import evaluate, find_device, train
from lrlib.training.model import mlp

torch.set_num_threads(1)

DIGITS = digits()
COSINE = CosineAnnealingLR(0.1, T_max=100)


def test_it_learns_the_digits():
    history = train(COSINE, DIGITS, total_steps=100)
    assert history.test_accuracy > 0.9
    assert history.val_loss[-1] < 0.3 * history.val_loss[0]


def test_the_curve_you_see_is_the_curve_that_trained():
    history = train(CosineAnnealingLR(0.1, T_max=30), DIGITS, total_steps=50)
    assert history.lr.tolist() == CosineAnnealingLR(0.1, T_max=30).curve(50)


def test_a_torch_scheduler_trains_the_same_run():
    data = DIGITS.double()  # in which the last digit of a rate makes no difference to speak of
    twin = train(
        lambda optimizer: lr_scheduler.CosineAnnealingLR(optimizer, 100),
        data,
        base_lr=0.1,
        total_steps=60,
    )
    mine = train(COSINE, data, total_steps=60)
    assert twin.lr == pytest.approx(mine.lr, rel=1e-12)
    assert twin.train_loss == pytest.approx(mine.train_loss, rel=1e-8)


def test_a_run_is_computed_in_the_type_of_its_data():
    single, double = (train(COSINE, data, total_steps=3) for data in (DIGITS, DIGITS.double()))
    assert single.train_loss == pytest.approx(double.train_loss, rel=1e-5)
    as_float32 = double.train_loss.astype(np.float32)
    assert (double.train_loss != as_float32).all()
    assert (single.train_loss == single.train_loss.astype(np.float32)).all()


def test_a_device_that_is_left_to_the_machine_is_cuda_where_there_is_one():
    assert find_device("auto") == ("cuda" if torch.cuda.is_available() else "cpu")
    assert find_device("cpu") == "cpu"


def test_a_seed_decides_the_run():
    one, same, other = (train(COSINE, DIGITS, seed=s, total_steps=20) for s in (1, 1, 2))
    assert np.array_equal(one.train_loss, same.train_loss)
    assert not np.array_equal(one.train_loss, other.train_loss)


def test_a_seed_decides_the_batches_of_a_given_model():
    runs = [train(COSINE, DIGITS, mlp((64, 10), 0), seed=s, total_steps=3) for s in (1, 2)]
    assert runs[0].train_loss[0] != runs[1].train_loss[0]


def test_a_run_is_evaluated_before_it_starts_at_intervals_and_at_its_end():
    history = train(COSINE, DIGITS, total_steps=25, eval_every=10)
    assert history.eval_step.tolist() == [0, 10, 20, 25]
    assert np.isfinite(history.val_loss).all()
    untrained = mlp((64, 64, 64, 10), seed=0)
    first = evaluate(untrained, DIGITS.x_val, DIGITS.y_val)
    assert (history.val_loss[0], history.val_accuracy[0]) == first


def test_no_updates_are_legal():
    history = train(COSINE, DIGITS, total_steps=0)
    assert (len(history.lr), history.eval_step.tolist()) == (0, [0])
    assert np.isfinite(history.test_loss)


def test_a_model_of_ones_own_is_trained_in_place():
    model = nn.Linear(64, 10)
    history = train(COSINE, DIGITS, model, total_steps=30)
    assert evaluate(model, DIGITS.x_test, DIGITS.y_test)[0] == history.test_loss


def test_a_run_that_diverges_says_so_and_stops():
    history = train(ConstantLR(1e30, 1), DIGITS, total_steps=20)
    assert history.diverged
    assert np.isnan(
        [history.test_loss, history.val_loss[-1], history.train_loss[-1], history.lr[-1]]
    ).all()
    assert not train(COSINE, DIGITS, total_steps=5).diverged


def test_a_run_that_the_last_update_blows_up_has_diverged():
    last = SequentialLR([ConstantLR(0.01, 1), ConstantLR(1e30, 1)], [4])
    history = train(last, DIGITS, total_steps=5)
    assert np.isfinite(history.train_loss).all()
    assert history.diverged


def test_numbers_of_other_libraries_train_save_and_resume_the_same_run(tmp_path):
    plain = {"seed": 1, "total_steps": 10, "batch_size": 32, "eval_every": 4}
    plain |= {"momentum": 0.5, "weight_decay": 0.25, "checkpoint_every": 5}
    foreign = {
        name: np.array([value]) if isinstance(value, float) else np.int64(value)
        for name, value in plain.items()
    }
    schedule = StepLR(np.float32(0.125), np.int16(4), torch.tensor(0.5))
    file = tmp_path / "run.pt"
    first = train(schedule, DIGITS, checkpoint=file, **foreign)
    again = train(StepLR(0.125, 4, 0.5), DIGITS, checkpoint=file, **plain)
    assert repr(first.config) == repr(again.config)
    assert np.array_equal(first.train_loss, again.train_loss)
    first.save(tmp_path)
    assert History.load(tmp_path).config == again.config


def test_a_foreign_rate_of_a_torch_scheduler_is_saved(tmp_path):
    make = lambda optimizer: lr_scheduler.StepLR(optimizer, 3)  # noqa: E731
    history = train(make, DIGITS, base_lr=np.float32(0.125), total_steps=4)
    history.save(tmp_path)
    assert repr(History.load(tmp_path).config["base_lr"]) == "0.125"


def test_the_momentum_follows_its_schedule():
    falling = LinearLR(0.95, 1, 0.5, 20)
    history = train(COSINE, DIGITS, total_steps=30, momentum=falling)
    assert history.momentum.tolist() == falling.curve(30)
    assert history.lr.tolist() == COSINE.curve(30)
    assert train(COSINE, DIGITS, total_steps=3).momentum.tolist() == [0.9] * 3


def test_the_first_beta_of_adamw_follows_the_schedule_of_the_momentum():
    falling = LinearLR(0.95, 1, 0.5, 20)
    history = train(COSINE, DIGITS, total_steps=30, momentum=falling, optimizer="adamw")
    assert history.momentum.tolist() == falling.curve(30)


def by_hand(make, steps=20):
    """The training losses of a loop with an optimizer of torch, as its own manual has it."""
    model = mlp((64, 64, 64, 10), seed=0)
    optimizer = make(model.parameters())
    losses = []
    for batch in batch_order(len(DIGITS.x_train), 64, steps, seed=0):
        optimizer.zero_grad()
        loss = cross_entropy(model(DIGITS.x_train[batch]), DIGITS.y_train[batch])
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def test_adamw_is_the_one_of_torch():
    expected = by_hand(
        lambda parameters: torch.optim.AdamW(
            parameters, lr=0.01, betas=(0.8, 0.999), eps=1e-8, weight_decay=0.3
        )
    )
    options = {"optimizer": "adamw", "momentum": 0.8, "weight_decay": 0.3, "total_steps": 20}
    assert train(ConstantLR(0.01, 1), DIGITS, **options).train_loss.tolist() == expected


def test_the_weight_decay_of_sgd_is_part_of_the_gradient_as_in_torch():
    expected = by_hand(
        lambda parameters: torch.optim.SGD(parameters, lr=0.1, momentum=0.5, weight_decay=0.3)
    )
    history = train(ConstantLR(0.1, 1), DIGITS, momentum=0.5, weight_decay=0.3, total_steps=20)
    assert history.train_loss.tolist() == expected


PLATEAU = {"factor": 0.5, "patience": 1, "threshold": 0.1}


def test_a_plateau_sees_the_validation_loss_of_each_evaluation_after_the_first_update():
    history = train(ReduceLROnPlateau(0.3, **PLATEAU), DIGITS, total_steps=200, eval_every=10)
    twin, expected = ReduceLROnPlateau(0.3, **PLATEAU), []
    for step in range(200):
        if step and step % 10 == 0:
            twin.update(history.val_loss[step // 10])
        expected.append(twin.lr)
    assert history.lr.tolist() == expected
    assert len(set(expected)) > 2


def test_the_loss_before_the_first_update_is_none_that_a_plateau_sees():
    still = ReduceLROnPlateau(1e-6, eps=0, **PLATEAU)  # too slow to improve on anything
    history = train(still, DIGITS, total_steps=31, eval_every=10)
    assert history.lr.tolist() == [1e-6] * 30 + [0.5e-6]


def test_a_plateau_of_torch_trains_the_same_run():
    options = {"total_steps": 200, "eval_every": 10}
    mine = train(ReduceLROnPlateau(0.3, **PLATEAU), DIGITS, **options)
    theirs = train(
        lambda optimizer: lr_scheduler.ReduceLROnPlateau(optimizer, **PLATEAU),
        DIGITS,
        base_lr=0.3,
        **options,
    )
    assert theirs.lr.tolist() == mine.lr.tolist()
    assert theirs.train_loss.tolist() == mine.train_loss.tolist()


def test_a_plateau_is_copied_and_continued_from_where_it_is():
    plateau = ReduceLROnPlateau(0.3, **PLATEAU)
    plateau.update(0.01)
    before = plateau.state_dict()
    history = train(plateau, DIGITS, total_steps=100, eval_every=10)
    assert plateau.state_dict() == before
    assert history.lr[25] == 0.15


def test_a_model_is_evaluated_without_dropout_and_trained_with_it():
    model = nn.Sequential(nn.Dropout(0.5), nn.Linear(64, 10)).eval()
    torch.manual_seed(0)
    history = train(ConstantLR(0, 1), DIGITS, model, total_steps=2, eval_every=1)
    assert len(set(history.val_loss.tolist())) == 1
    assert model.training
    model[0].p = 0
    plain = train(ConstantLR(0, 1), DIGITS, model, total_steps=2)
    assert history.train_loss[0] != plain.train_loss[0]
    assert history.val_loss[0] == plain.val_loss[0]


def test_the_configuration_is_recorded():
    config = train(
        lambda optimizer: lr_scheduler.StepLR(optimizer, 3),
        DIGITS,
        base_lr=0.1,
        seed=4,
        total_steps=2,
        momentum=LinearLR(0.9),
    ).config
    assert config["schedule"].startswith("StepLR({'step_size': 3, 'gamma': 0.1")
    assert config["momentum"] == repr(LinearLR(0.9))
    assert (config["base_lr"], config["seed"]) == (0.1, 4)


def test_progress_is_shown_when_asked_for_with_rate_and_loss(capsys):
    history = train(COSINE, DIGITS, total_steps=2, progress=True)
    shown = capsys.readouterr().err
    assert "2/2" in shown
    assert f"lr={history.lr[1]:.3g}" in shown
    assert f"loss={history.train_loss[1]:.3f}" in shown
    train(COSINE, DIGITS, total_steps=2)
    assert not capsys.readouterr().err


def test_a_model_depends_on_its_seed_alone_and_leaves_the_global_generator():
    torch.manual_seed(0)
    expected = torch.rand(1)
    torch.manual_seed(0)
    one = mlp((4, 3, 2), seed=7)
    assert torch.rand(1) == expected
    assert torch.equal(one[0].weight, mlp((4, 3, 2), seed=7)[0].weight)
    assert not torch.equal(one[0].weight, mlp((4, 3, 2), seed=8)[0].weight)
    assert [type(layer) for layer in one] == [nn.Linear, nn.ReLU, nn.Linear]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"total_steps": -1}, "total_steps must be a whole number >= 0, got -1"),
        ({"batch_size": 0}, "batch_size must be a whole number >= 1, got 0"),
        ({"momentum": 1.5}, r"momentum must not exceed 1 \(1\), got 1.5"),
        ({"momentum": -0.1}, "momentum must be a finite number >= 0, got -0.1"),
        ({"momentum": LinearLR(1.5)}, r"momentum must not exceed 1 \(1\), got 1"),
        ({"momentum": 1, "optimizer": "adamw"}, "momentum must be below 1 for adamw, got 1"),
        ({"optimizer": "adam"}, "optimizer must be one of 'sgd', 'adamw', got 'adam'"),
        ({"weight_decay": -1}, "weight_decay must be a finite number >= 0, got -1"),
        ({"weight_decay": float("nan")}, "weight_decay must be a finite number >= 0, got nan"),
        ({"device": "abacus"}, "device must be one that torch finds here, got 'abacus'"),
        ({"device": "meta"}, "device must be one that torch finds here, got 'meta'"),
        ({"device": None}, "device must be one that torch finds here, got None"),
        ({"device": np.ones(2)}, "device must be one that torch finds here, got array"),
        ({"device": 10**30}, "device must be one that torch finds here, got 1000"),
        ({"device": "cuda:99"}, "device must be one that torch finds here, got 'cuda:99'"),
        ({"eval_every": 0}, "eval_every must be a whole number >= 1, got 0"),
        ({"base_lr": 0.1}, "base_lr must be given with a torch scheduler and only then, got 0.1"),
        ({"seed": 0.5}, "seed must be a whole number >= 0, got 0.5"),
        ({"seed": True}, "seed must be a whole number >= 0, got True"),
        ({"seed": -1}, "seed must be a whole number >= 0, got -1"),
        ({"seed": 2**64}, r"seed must be below 2\*\*64, got 18446744073709551616"),
        (
            {"schedule": "cosine"},
            "schedule must be a Schedule, .*, got 'cosine'",
        ),
        ({"checkpoint_every": 0}, "checkpoint_every must be a whole number >= 1, got 0"),
    ],
)
def test_a_bad_argument_is_named(options, message):
    with pytest.raises(ValueError, match=message):
        train(**{"schedule": COSINE, "data": DIGITS} | options)


def test_a_torch_scheduler_needs_a_rate_that_is_one():
    make = lambda optimizer: lr_scheduler.StepLR(optimizer, 3)  # noqa: E731
    with pytest.raises(ValueError, match="base_lr must be a finite number >= 0, got -1"):
        train(make, DIGITS, base_lr=-1)


def test_a_torch_scheduler_needs_a_rate():
    with pytest.raises(ValueError, match="base_lr must be given"):
        train(lambda optimizer: lr_scheduler.StepLR(optimizer, 3), DIGITS)


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ([4], "sizes must hold at least input and output"),
        ([4, 0], r"sizes\[1\] .* >= 1, got 0"),
        (4, "sizes must be a sequence, got 4"),
    ],
)
def test_bad_sizes_are_named(sizes, message):
    with pytest.raises(ValueError, match=message):
        mlp(sizes, seed=0)


@pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
def test_a_rate_that_the_data_s_type_cannot_hold_is_named(optimizer):
    message = "schedule must give rates that torch.float32 can hold, got 1e\\+39 at update 1"
    late = LinearWarmup(1e39, 1, start_lr=0.1)
    with pytest.raises(ValueError, match=message):
        train(late, DIGITS, total_steps=3, optimizer=optimizer)
