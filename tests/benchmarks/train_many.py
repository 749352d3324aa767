"""How much cheaper is a run in `train_many` than in the plain loop, and what share of the peak?

Prints ratios of one run, the two taken in turns:  python tests/benchmarks/train_many.py
"""

from time import perf_counter

import torch

from lrlib import CosineAnnealingLR
from lrlib.training.data import mnist1d
from lrlib.training.loop import train
from lrlib.training.many import train_many

STEPS = 300
SIZES = (40, 64, 64, 10)
COSINE = CosineAnnealingLR(0.2, STEPS)
OPTIONS = {"total_steps": STEPS, "eval_every": STEPS}


def seconds(work, *args, **options):
    start = perf_counter()
    work(*args, **options)
    return perf_counter() - start


def operations(batch_size=64):
    """Floating-point operations in the matrix products of one run: training, then evaluation."""
    weights = [a * b for a, b in zip(SIZES[:-1], SIZES[1:], strict=True)]
    training = STEPS * 2 * batch_size * (3 * sum(weights) - weights[0])
    return training + 2 * sum(weights) * (2000 + 2000 + 4000)


def peak(device):
    """Operations per second of a large matrix product."""
    n = 1024
    a, b = torch.rand(2, n, n, device=device)

    def multiply():
        for _ in range(10):
            product = a @ b
        product[0, 0].item()  # waits until the device is done

    return 10 * 2 * n**3 / min(seconds(multiply) for _ in range(5))


def main():
    torch.set_num_threads(1)
    data = mnist1d()
    print("device  runs  ratio to the plain loop  share of the matmul peak")
    for device in ["cpu", "cuda"] if torch.cuda.is_available() else ["cpu"]:
        options = OPTIONS | {"device": device}
        for runs in (8, 32, 128):
            schedules, seeds = [COSINE] * (runs // 8), range(8)
            many, plain, peaks = [], [], []
            for _ in range(5):
                batched = seconds(train_many, schedules, seeds, data, cache=False, **options)
                many.append(batched / runs)
                plain.append(seconds(train, COSINE, data, **options))
                peaks.append(peak(device))
            share = operations() / min(many) / max(peaks)
            print(f"{device:6}  {runs:4}  {min(plain) / min(many):23.1f}  {share:24.0%}")


if __name__ == "__main__":
    main()
