"""How much cheaper is a step of `ScheduledLR` than a step of torch's own scheduler?

Prints ratios of one run, the two taken in turns:  python tests/benchmarks/scheduled_lr.py
"""

import warnings
from time import perf_counter

import torch
from torch.optim import lr_scheduler as theirs

import lrlib as ours
from lrlib.optim import ScheduledLR

STEPS = 5000
TWINS = {
    "cosine": (ours.CosineAnnealingLR(0.1, STEPS), lambda o: theirs.CosineAnnealingLR(o, STEPS)),
    "linear": (ours.LinearLR(0.1, 1, 0, STEPS), lambda o: theirs.LinearLR(o, 1, 0, STEPS)),
    "step": (ours.StepLR(0.1, 100), lambda o: theirs.StepLR(o, 100)),
}


def seconds(make_scheduler, groups):
    optimizer = torch.optim.SGD([{"params": [torch.zeros(1)]} for _ in range(groups)], lr=0.1)
    scheduler = make_scheduler(optimizer)
    start = perf_counter()
    for _ in range(STEPS):
        scheduler.step()
    return perf_counter() - start


def main():
    warnings.filterwarnings("ignore", "Detected call of `lr_scheduler.step", UserWarning)
    print("schedule  groups  torch's step / ours")
    for name, (schedule, make_torch) in TWINS.items():
        for groups in (1, 10):
            times = [
                (
                    seconds(make_torch, groups),
                    seconds(lambda o, s=schedule: ScheduledLR(o, s), groups),
                )
                for _ in range(5)
            ]
            torch_best, our_best = map(min, zip(*times, strict=True))
            print(f"{name:8}  {groups:6}  {torch_best / our_best:.1f}")


if __name__ == "__main__":
    main()
