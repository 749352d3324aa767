"""The second lab as it is written for one run, of torch's own layers, optimizer and average."""

from functools import cache

import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy
from torch.nn.utils import clip_grad_norm_
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from lrlib.lab.chunk import even_windows, random_starts
from lrlib.lab.gpt import GPT
from lrlib.lab.text import split_by_file
from lrlib.optim import ScheduledLR

RESULTS = ("lr", "train_loss", "val_loss", "val_accuracy", "test_loss", "test_accuracy")
RESULTS += ("val_loss_average", "test_loss_average")


@cache
def rhymes():
    """Forty files of words that repeat, so that there is something to learn."""
    words = [b"one ", b"two ", b"three ", b"four\n"]
    draw = np.random.default_rng(0)
    return split_by_file(
        "rhymes",
        {f"{i}": b"".join(words[j] for j in draw.integers(4, size=60)) for i in range(40)},
    )


class PlainGPT(nn.Module):
    """The same transformer, of torch's own layers."""

    def __init__(self, gpt):
        super().__init__()
        first = gpt.norm == "pre"
        options = {"dropout": 0.0, "activation": "gelu", "batch_first": True, "norm_first": first}
        self.symbol = nn.Embedding(gpt.symbols, gpt.width)
        self.position = nn.Embedding(gpt.context, gpt.width)
        self.layers = nn.ModuleList(
            nn.TransformerEncoderLayer(gpt.width, gpt.heads, 4 * gpt.width, **options)
            for _ in range(gpt.layers)
        )
        self.norm = nn.LayerNorm(gpt.width) if first else nn.Identity()
        self.output = nn.Linear(gpt.width, gpt.symbols, bias=False)
        self.future = torch.ones(gpt.context, gpt.context, dtype=torch.bool).triu(1)

    def forward(self, seen):
        x = self.symbol(seen) + self.position.weight
        for layer in self.layers:
            x = layer(x, src_mask=self.future)
        return self.output(self.norm(x))


NAMES = {
    "attend": "self_attn.in_proj_weight",
    "attend.bias": "self_attn.in_proj_bias",
    "attended": "self_attn.out_proj.weight",
    "attended.bias": "self_attn.out_proj.bias",
    "expand": "linear1.weight",
    "expand.bias": "linear1.bias",
    "contract": "linear2.weight",
    "contract.bias": "linear2.bias",
    "norm1.scale": "norm1.weight",
    "norm1.bias": "norm1.bias",
    "norm2.scale": "norm2.weight",
    "norm2.bias": "norm2.bias",
}
OUTSIDE = {name: f"{name}.weight" for name in ("symbol", "position", "output")}
OUTSIDE |= {"norm.scale": "norm.weight", "norm.bias": "norm.bias"}


def plain_model(gpt, weights):
    """The plain transformer with the weights of one run."""
    model = PlainGPT(gpt)
    parts = {name: part[0] for name, part in gpt.split(weights[None]).items()}
    state = {}
    for name, part in parts.items():
        layer, _, rest = name.partition(".")
        state[OUTSIDE.get(name) or f"layers.{layer}.{NAMES[rest]}"] = part
    model.load_state_dict(state)
    return model


def loss_and_accuracy(model, windows):
    windows = windows.long()
    logits, targets = model(windows[:, :-1]).flatten(0, 1), windows[:, 1:].flatten()
    accuracy = (logits.argmax(dim=1) == targets).float().mean().item()
    return cross_entropy(logits, targets), accuracy


def plain_loop(
    schedule,
    seed,
    *,
    norm="pre",
    betas=(0.9, 0.95),
    weight_decay=0.1,
    clip=1.0,
    average=0.99,
    batch_size,
    total_steps,
    eval_every,
    jobs,
    **shape,
):
    """One run as it is written for one run, of torch's own parts."""
    text = rhymes()
    gpt = GPT(len(text.vocabulary), norm, **shape)
    length = gpt.context + 1
    model = plain_model(gpt, gpt.initial_weights(seed).to(torch.get_default_dtype()))
    matrices = [part for part in model.parameters() if part.dim() == 2]
    vectors = [part for part in model.parameters() if part.dim() == 1]
    groups = [
        {"params": matrices, "weight_decay": weight_decay},
        {"params": vectors, "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(groups, lr=0.0, betas=betas)
    scheduler = ScheduledLR(optimizer, schedule)
    averaged = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(average))
    starts = random_starts(len(text.train), length, batch_size, total_steps, seed)
    val, test = even_windows(text.val, length, 256), even_windows(text.test, length, 1024)
    run = {name: [] for name in RESULTS}
    for step in range(total_steps + 1):
        if step % eval_every == 0 or step == total_steps:
            with torch.no_grad():
                loss, accuracy = loss_and_accuracy(model, val)
                run["val_loss_average"].append(loss_and_accuracy(averaged, val)[0].item())
            run["val_loss"].append(loss.item())
            run["val_accuracy"].append(accuracy)
        if step == total_steps:
            break
        windows = torch.stack([text.train[start : start + length] for start in starts[step]])
        loss, _ = loss_and_accuracy(model, windows)
        optimizer.zero_grad()
        loss.backward()
        clip_grad_norm_(model.parameters(), clip)
        run["lr"].append(optimizer.param_groups[0]["lr"])
        run["train_loss"].append(loss.item())
        optimizer.step()
        scheduler.step()
        averaged.update_parameters(model)
    with torch.no_grad():
        loss, run["test_accuracy"] = loss_and_accuracy(model, test)
        run["test_loss"] = loss.item()
        run["test_loss_average"] = loss_and_accuracy(averaged, test)[0].item()
    return run
