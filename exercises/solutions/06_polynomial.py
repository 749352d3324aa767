"""Solutions of the exercises to chapter 6: powers, one over t, one over the square root of t."""

import math

# The peak is (512 * 4000) ** -0.5. A root halves when its step is four times as large. Twice the
# width divides by sqrt(2). REX at one half is (1 - 1/2) / (1 - 1/4).
numbers = {
    "peak, in ten-thousandths": 6.99,
    "step of half the peak": 16_000,
    "peak at width 1024 ÷ peak at width 512": 0.707,
    "REX at half of the run": 2 / 3,
}


def noam(step, d_model, warmup_steps):
    """A straight ramp, then one over the square root of the step; they meet at warmup_steps."""
    if warmup_steps < 1:
        raise ValueError(f"warmup_steps must be at least 1, got {warmup_steps}")
    if step < warmup_steps:  # step 0 has no root
        return step * warmup_steps**-1.5 / math.sqrt(d_model)
    return 1 / math.sqrt(d_model * step)


def regret_bound(rates, distance, gradient_norm):
    """D² over twice the last rate, and half of G² for each rate."""
    if any(later > earlier for earlier, later in zip(rates, rates[1:], strict=False)):
        raise ValueError("rates must not increase")
    return distance**2 / (2 * rates[-1]) + gradient_norm**2 / 2 * sum(rates)


def polynomial(step, base_lr, total_iters, power=1.0, min_lr=0.0):
    """A power of the share of updates that are left, from base_lr to min_lr, which is held."""
    if min_lr > base_lr:
        raise ValueError(f"min_lr must not exceed base_lr ({base_lr}), got {min_lr}")
    if step >= total_iters:  # before the power: below zero it would not be real
        return min_lr
    return min_lr + (base_lr - min_lr) * (1 - step / total_iters) ** power


def landed(step, base_lr, warmup_steps, total_steps, cooldown_steps):
    """One over the root of the step after a ramp, times a line to 0 over the last updates."""
    if step >= total_steps:
        return 0.0
    share = step / warmup_steps if step < warmup_steps else math.sqrt(warmup_steps / step)
    left = total_steps - step
    if left < cooldown_steps:
        share *= left / cooldown_steps
    return base_lr * share
