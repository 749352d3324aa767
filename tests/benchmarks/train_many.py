"""How much cheaper is a run in `train_many` than in the plain loop, and what share of the peak?

Prints ratios of one run, what is compared taken in turns; CUDA where there is one:

    python tests/benchmarks/train_many.py [cpu] [cuda]
"""

import sys
from dataclasses import fields
from time import perf_counter

import torch
from torch.func import functional_call, grad_and_value, stack_module_state, vmap
from torch.nn.functional import cross_entropy

from lrlib import CosineAnnealingLR
from lrlib.training.data import batch_order, mnist1d
from lrlib.training.loop import HIDDEN, train
from lrlib.training.many import train_many
from lrlib.training.model import mlp

STEPS = {"cpu": 300, "cuda": 1500}  # a GPU needs a whole run, or most of the time is the start
REPEATS = 5
SEEDS = 8
RATE = 0.2
COSINE = {device: CosineAnnealingLR(RATE, steps) for device, steps in STEPS.items()}
# Runs, and among how many seeds they are divided.
CASES = {
    "cpu": [(1, 1), (8, 8), (32, 8), (128, 8)],
    "cuda": [(32, 8), (1024, 8), (1024, 1024), (4096, 8)],
}


def seconds(work, *args, **options):
    start = perf_counter()
    work(*args, **options)
    return perf_counter() - start


def options_of(device):
    return {"total_steps": STEPS[device], "eval_every": STEPS[device], "device": device}


def operations(data, steps, batch_size=64):
    """Floating-point operations in the matrix products of one run: training, then evaluation."""
    sizes = (data.features, *HIDDEN, data.classes)
    weights = [a * b for a, b in zip(sizes[:-1], sizes[1:], strict=True)]
    training = steps * 2 * batch_size * (3 * sum(weights) - weights[0])
    return training + 2 * sum(weights) * (2 * len(data.x_val) + len(data.x_test))


def peak(device):
    """Operations per second of a large matrix product in single precision."""
    n = 8192 if device == "cuda" else 1024
    a, b = torch.rand(2, n, n, device=device)

    def multiply():
        for _ in range(10):
            product = a @ b
        product[0, 0].item()  # waits until the device is done

    return 10 * 2 * n**3 / min(seconds(multiply) for _ in range(5))


def eager_vmap(runs, seeds, data, device):
    """The same runs, without their evaluations, as torch.func has them."""
    moved = {field.name: getattr(data, field.name) for field in fields(data)}
    x, y = (moved[name].to(device) for name in ("x_train", "y_train"))
    sizes = (data.features, *HIDDEN, data.classes)
    model = mlp(sizes, 0)
    stacked, _ = stack_module_state([mlp(sizes, seed) for seed in range(seeds)])
    seed = torch.arange(runs) % seeds
    weights = {name: part.detach()[seed].to(device) for name, part in stacked.items()}
    velocity = {name: torch.zeros_like(part) for name, part in weights.items()}
    orders = [batch_order(len(x), 64, STEPS[device], seed) for seed in range(seeds)]
    batches = torch.stack(orders, dim=1)[:, seed].to(device)

    def loss(part, inputs, labels):
        return cross_entropy(functional_call(model, part, (inputs,)), labels)

    slopes = vmap(grad_and_value(loss))
    losses = torch.empty(STEPS[device], runs, device=device)
    for step, rate in enumerate(COSINE[device].curve(STEPS[device])):
        gradient, losses[step] = slopes(weights, x[batches[step]], y[batches[step]])
        for name, part in weights.items():
            velocity[name].mul_(0.9).add_(gradient[name])
            part.sub_(velocity[name], alpha=rate)
    return losses.cpu()


def measure(device, runs, seeds, data):
    """Return the seconds of a run in train_many, in the plain loop, in vmap; then the peak."""
    options = options_of(device)
    schedules = [COSINE[device]] * (runs // seeds)
    alone = options | {"cache": False, "jobs": 1}
    times = []
    for _ in range(REPEATS):
        many = seconds(train_many, schedules, range(seeds), data, **alone) / runs
        plain = seconds(train, COSINE[device], data, **options)
        batched = seconds(eager_vmap, runs, seeds, data, device) / runs
        times.append((many, plain, batched, -peak(device)))
    many, plain, batched, minus_peak = map(min, zip(*times, strict=True))
    return many, plain, batched, -minus_peak


def print_table(device, data):
    print(f"{device}: runs  seeds  times the plain loop  times eager vmap  of the matmul peak")
    train_many([COSINE[device]], [0], data, cache=False, **options_of(device))  # warms up
    for runs, seeds in CASES[device]:
        many, plain, batched, best = measure(device, runs, seeds, data)
        share = operations(data, STEPS[device]) / many / best
        print(
            f"{runs:{len(device) + 6}}  {seeds:5}  {plain / many:20.1f}  {batched / many:16.1f}  "
            f"{share:18.0%}",
            flush=True,
        )


def print_two_cores(data):
    options = options_of("cpu") | {"cache": False}
    for runs in (32, 128):
        schedules, times = [COSINE["cpu"]] * (runs // SEEDS), {1: [], 2: []}
        for _ in range(REPEATS):
            for jobs, taken in times.items():
                asked = options | {"jobs": jobs}
                taken.append(seconds(train_many, schedules, range(SEEDS), data, **asked))
        # The first takes the time in which the other process starts.
        ratio = min(times[1]) / min(times[2])
        print(f"two cores, {runs} runs: {ratio:.2f} times one core", flush=True)


def main():
    torch.set_num_threads(1)
    data = mnist1d()
    devices = sys.argv[1:] or ["cpu", "cuda"]
    if "cpu" in devices:
        print_table("cpu", data)
        print_two_cores(data)
    if "cuda" in devices and torch.cuda.is_available():
        print_table("cuda", data)


if __name__ == "__main__":
    main()
