"""Noise that is the same in every Python, the page's included."""

from __future__ import annotations

import math


def normals(count: int, seed: int = 1) -> list[float]:
    """Return standard normal numbers, independent for all a figure can tell.

    A multiplicative generator modulo 2**31 - 1, whose products a browser's numbers hold exactly,
    and the transformation of Box and Muller.

    Args:
        count: how many.
        seed: the state to start from, whole, between 1 and 2**31 - 2.
    """
    state = seed * 48271 % 2147483647
    uniforms = []
    for _ in range(count + count % 2):
        state = state * 48271 % 2147483647
        uniforms.append(state / 2147483647)
    found = []
    for u, v in zip(uniforms[::2], uniforms[1::2], strict=True):
        radius = math.sqrt(-2 * math.log(u))
        found += [radius * math.cos(2 * math.pi * v), radius * math.sin(2 * math.pi * v)]
    return found[:count]
