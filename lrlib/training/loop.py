"""The training loop, as plain as it can be."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler
from tqdm.auto import tqdm

from ..schedules import ReduceLROnPlateau, Schedule
from ..schedules.base import check_length, check_rate
from .checkpoint import Checkpoint
from .data import Dataset, batch_order, check_batch_size, check_seed
from .history import History, eval_steps
from .model import mlp
from .updates import Drivers, check_update, described, make_optimizer

HIDDEN = (64, 64)


def train(
    schedule: Schedule | ReduceLROnPlateau | Callable[[Optimizer], LRScheduler],
    data: Dataset,
    model: nn.Module | None = None,
    *,
    base_lr: float | None = None,
    seed: int = 0,
    total_steps: int = 1500,
    batch_size: int = 64,
    optimizer: str = "sgd",
    momentum: float | Schedule = 0.9,
    weight_decay: float = 0.0,
    eval_every: int = 50,
    device: str = "cpu",
    checkpoint: str | Path | None = None,
    checkpoint_every: int = 100,
    progress: bool = False,
) -> History:
    """Train a classifier under a schedule.

    A plateau, lrlib's or torch's, sees the validation loss at each evaluation after the first
    update. A run with a ``checkpoint`` that is killed and started again ends with the same numbers,
    bit for bit, as one that was not, if torch has as many threads as before.

    Args:
        schedule: a schedule, a plateau, of which a copy is used, or a function that makes a torch
            scheduler for the optimizer.
        data: what to train on, choose by and report on.
        model: the network, trained in place; by default a perceptron with hidden layers of 64 and
            64 units whose initial weights come from ``seed``, of the data's type.
        base_lr: the rate that a torch scheduler starts from; a schedule brings its own.
        seed: decides the order of the batches, and the weights of the default model; whole, >= 0
            and below 2^64.
        total_steps: the number of updates, whole and >= 0.
        batch_size: the number of examples in each update, whole and >= 1.
        optimizer: ``"sgd"`` or ``"adamw"``, as torch has them.
        momentum: for SGD the factor of the velocity, in torch's form: the velocity is not damped;
            for AdamW the first beta. A number in [0, 1], below 1 for AdamW, or a schedule of such.
        weight_decay: the pull of each weight towards zero, finite and >= 0: part of the gradient
            for SGD, apart from it for AdamW.
        eval_every: the number of updates between two evaluations.
        device: where to train, as torch names it: ``"cpu"`` or ``"cuda"``; or ``"auto"``, for CUDA
            where there is one.
        checkpoint: the file that keeps the run. If it exists, the run continues from it.
        checkpoint_every: the number of updates between two writes of the checkpoint.
        progress: whether to show a progress bar.

    Raises:
        ValueError: if an argument is outside its range, a rate is larger than the numbers of the
            data's type, ``base_lr`` is missing or superfluous, or
            ``checkpoint`` cannot be written, is damaged, is no checkpoint, or is one of another
            run; then ``model`` is as it was.
        OSError: if ``checkpoint`` could not be written during the run, as on a full disk; what it
            held before is kept.
    """
    optimizer, momentum, weight_decay, total_steps = check_update(
        optimizer, momentum, weight_decay, total_steps
    )
    batch_size = check_batch_size(batch_size, len(data.x_train))
    seed = check_seed("seed", seed)
    checkpoint_every = check_length("checkpoint_every", checkpoint_every)
    eval_every = check_length("eval_every", eval_every)
    device = find_device(device)
    ours = isinstance(schedule, Schedule | ReduceLROnPlateau)
    if not (ours or callable(schedule)):
        raise ValueError(
            "schedule must be a Schedule, a plateau, or a function that makes a torch scheduler, "
            f"got {schedule!r}"
        )
    if ours != (base_lr is None):
        raise ValueError(
            f"base_lr must be given with a torch scheduler and only then, got {base_lr!r}"
        )
    base_lr = None if ours else check_rate("base_lr", base_lr)
    evals = eval_steps(total_steps, eval_every)
    batches = batch_order(len(data.x_train), batch_size, total_steps, seed)
    if model is None:
        model = mlp((data.features, *HIDDEN, data.classes), seed).to(data.x_train.dtype)
    model.to(device).train()
    updater = make_optimizer(optimizer, model, base_lr or 0.0, momentum, weight_decay)
    drivers = Drivers(updater, schedule, momentum)
    config = {
        "schedule": drivers.description,
        "data": data.name,
        "model": repr(model),
        "base_lr": base_lr,
        "seed": seed,
        "total_steps": total_steps,
        "batch_size": batch_size,
        "optimizer": optimizer,
        "momentum": described(momentum),
        "weight_decay": weight_decay,
        "eval_every": eval_every,
        "device": str(device),
        "torch": str(torch.__version__),
    }

    by_update = lr, momenta, train_loss = np.full((3, total_steps), np.nan)
    by_evaluation = val_loss, val_accuracy = np.full((2, len(evals)), np.nan)
    test_loss = test_accuracy = np.nan
    start, most = 0, torch.finfo(data.x_train.dtype).max
    if checkpoint is not None:
        curves = drivers.digest(total_steps)
        if base_lr is not None:
            curves = _torch_digest(schedule, base_lr, optimizer, momentum, total_steps)
        file = Checkpoint(
            checkpoint,
            config | {"data digest": data.digest(), "curves": curves},
            {"model": model, "drivers": drivers, "optimizer": updater},
            {"by update": by_update, "by evaluation": by_evaluation},
        )
        start = file.resume(total_steps)
    data, batches = _moved(data, device), batches.to(device)
    updates = range(start, total_steps)
    bar = tqdm(updates, disable=not progress, unit="update", initial=start, total=total_steps)
    for step in bar:
        if step in evals:
            at = np.searchsorted(evals, step)
            val_loss[at], val_accuracy[at] = evaluate(model, data.x_val, data.y_val)
            if step > 0:
                drivers.after_evaluation(val_loss[at])
        updater.zero_grad()
        loss = cross_entropy(model(data.x_train[batches[step]]), data.y_train[batches[step]])
        loss.backward()
        lr[step], momenta[step] = drivers.lr(), drivers.momentum()
        if lr[step] > most:
            raise ValueError(
                f"schedule must give rates that {data.x_train.dtype} can hold, "
                f"got {drivers.lr()!r} at update {step}"
            )
        train_loss[step] = loss.item()
        if not np.isfinite(train_loss[step]):
            break
        updater.step()
        drivers.after_update()
        if progress:
            bar.set_postfix(lr=f"{lr[step]:.3g}", loss=f"{train_loss[step]:.3f}", refresh=False)
        if checkpoint is not None and (step + 1) % checkpoint_every == 0:
            file.save(step + 1)
    else:
        val_loss[-1], val_accuracy[-1] = evaluate(model, data.x_val, data.y_val)
        test_loss, test_accuracy = evaluate(model, data.x_test, data.y_test)
    config["threads"] = torch.get_num_threads()  # which move the last digits
    return History(*by_update, evals, *by_evaluation, test_loss, test_accuracy, config)


@torch.no_grad()
def evaluate(model: nn.Module, x: Tensor, y: Tensor) -> tuple[float, float]:
    """Return the mean cross-entropy and the accuracy of a model on some examples.

    The model evaluates, without dropout and the like, and is then as it was.
    """
    training = model.training
    logits = model.eval()(x)
    model.train(training)
    accuracy = (logits.argmax(dim=1) == y).to(logits.dtype).mean()
    return cross_entropy(logits, y).item(), accuracy.item()


def find_device(device: str) -> str:
    """Return the device as torch names it; ``"auto"`` is CUDA where there is one, else the CPU.

    Raises:
        ValueError: if it is none that torch can use here.
    """
    device = str(device) if isinstance(device, torch.device) else device
    if isinstance(device, str) and device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    check_device(device)
    return device


def check_device(device: str) -> None:
    """Raise ValueError unless ``device`` is one that torch can use here."""
    try:
        if not isinstance(device, str):
            raise TypeError
        torch.zeros(1, device=torch.device(device)).cpu()
    except (RuntimeError, AssertionError, TypeError) as error:
        raise ValueError(f"device must be one that torch finds here, got {device!r}") from error


def _torch_digest(
    schedule: Callable[[Optimizer], LRScheduler],
    base_lr: float,
    optimizer: str,
    momentum: float | Schedule,
    total_steps: int,
) -> str:
    """Return a hash of what a scheduler of torch gives at each update, before it sees a loss.

    Its text does not tell a function that it may hold, so it drives an optimizer of nothing.
    """
    nothing = nn.ParameterList([nn.Parameter(torch.zeros(1))])
    updater = make_optimizer(optimizer, nothing, base_lr, momentum, 0.0)
    drivers = Drivers(updater, schedule, momentum)
    values = []
    for _ in range(total_steps):
        values.append((drivers.lr(), drivers.momentum()))
        updater.step()
        drivers.after_update()
    return hashlib.sha256(np.array(values).tobytes()).hexdigest()


def _moved(data: Dataset, device: str) -> Dataset:
    """Return the same data with every tensor on the device."""
    tensors = [field.name for field in fields(data) if field.name != "name"]
    return replace(data, **{name: getattr(data, name).to(device) for name in tensors})
