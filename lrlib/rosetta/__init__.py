"""The Rosetta stone: what other libraries do under the names they share.

:func:`port` gives, as a :class:`~lrlib.schedules.Schedule`, the rates that a schedule of another
library applies, update by update: its defaults, its off-by-ones and what it does past its end. So
two libraries' schedules of one name can be drawn in one figure, and a run moved from one to the
other knows what changes. Each translation's docstring says where it departs from lrlib's schedule.
"""

from __future__ import annotations

from difflib import get_close_matches

from ..schedules import Schedule
from .keras import KERAS
from .mmengine import MMENGINE
from .optax import OPTAX
from .timm import TIMM
from .torch import TORCH
from .transformers import TRANSFORMERS

__all__ = ["LIBRARIES", "NAMES", "port"]

#: The dictionary of each library, by its name.
LIBRARIES = {
    library.name: library for library in (TORCH, TRANSFORMERS, TIMM, OPTAX, KERAS, MMENGINE)
}

#: Every name that :func:`port` knows, with the function that translates it.
NAMES = {
    f"{library.name}.{schedule}": translate
    for library in LIBRARIES.values()
    for schedule, translate in library.ports.items()
}


def port(name: str, lr: float | None = None, **arguments: object) -> Schedule:
    """Return the schedule that another library runs under a name, with its own arguments.

    ``port("transformers.cosine", lr=3e-4, num_warmup_steps=100, num_training_steps=1000)`` has at
    step t the rate that transformers puts into the optimizer for update t. The first update's is
    what the library's constructor leaves there. It is a schedule as any other, and never raises:
    where the library itself stops with an error in mid-training, the last rate holds, and a rate
    that grows too large for a float is the largest one.

    Args:
        name: the library and its name for the schedule, as ``"library.schedule"``; see
            :data:`NAMES`.
        lr: the rate in the optimizer, finite and >= 0. Left out where the schedule carries its own
            (optax, Keras), which may be negative; free where it overwrites the optimizer's
            (one-cycle, cyclic).
        arguments: the arguments of that schedule, by its library's names and with its defaults.

    Raises:
        ValueError: if the name is unknown, or an argument is unknown, missing, or one with which
            the library does not run.
    """
    if name not in NAMES:
        libraries = ", ".join(LIBRARIES)
        near = ", ".join(get_close_matches(str(name), NAMES)) or "none"
        raise ValueError(
            f"unknown name {name!r}: the libraries are {libraries}; names like it: {near}"
        )
    library, _, schedule = name.partition(".")
    if lr is not None:
        arguments["lr"] = lr
    return LIBRARIES[library].build(schedule, arguments)
