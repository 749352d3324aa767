"""Solutions of the exercises to chapter 5: cosine, and linear to zero."""

import math


def cosine(step, base_lr, T_max, eta_min=0.0):
    """Half a cosine from base_lr to eta_min, which is held from T_max on."""
    if eta_min > base_lr:
        raise ValueError(f"eta_min must not exceed base_lr ({base_lr}), got {eta_min}")
    if step >= T_max:  # before the division, for the sake of T_max = 0
        return eta_min
    return eta_min + (base_lr - eta_min) * (1 + math.cos(math.pi * step / T_max)) / 2


def first_below(share, T_max):
    """Solve (1 + cos(pi t / T)) / 2 = share for t, and take the next whole step."""
    # Not ceil: where the curve meets the share on a step, it is below it one step later.
    return math.floor(T_max * math.acos(2 * share - 1) / math.pi) + 1


def residual(c):
    """The cosine of half period c at time 1, the end of the run."""
    return cosine(1, 1.0, c)


def rescue(step, base_lr, T_max, now, end):
    """The cosine until now, then a straight line to 0 at end."""
    if step < now:
        return cosine(step, base_lr, T_max)
    if step >= end:
        return 0.0
    return cosine(now, base_lr, T_max) * (end - step) / (end - now)


# torch's formula has no clamp, so the curve climbs back as it came down.
climb = {"at T_max": 0, "at 1.5 T_max": 0.5, "at 2 T_max": 1}
