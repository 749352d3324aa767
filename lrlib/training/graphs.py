"""One update made again and again: on a GPU it is recorded once as a CUDA graph and replayed.

An update of small networks is a few dozen kernels of some microseconds each, and to launch them one
by one costs more than they do. A graph launches them all at once. It repeats exactly what was
recorded, on the same memory, so that what changes from update to update must be read from memory
too: from *tables*, tensors that lead with a row for each update, by a *clock* that the graph itself
moves on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

EAGER = 3  # updates made before the recording, in which libraries set themselves up


class Clock:
    """Counts updates and gives the row of a table that belongs to the present one.

    This one counts on the host: a row is a view, and costs nothing.
    """

    def __init__(self) -> None:
        self.step = 0

    def read(self, table: Tensor) -> Tensor:
        """Return this update's row of a table of shape [updates, ...]."""
        return table[self.step]

    def write(self, table: Tensor, row: Tensor) -> None:
        """Set this update's row of a table of shape [updates, ...]."""
        table[self.step] = row

    def tick(self) -> None:
        """Go on to the next update."""
        self.step += 1


class DeviceClock:
    """A :class:`Clock` that counts on a device, where a CUDA graph can read it and move it on.

    Args:
        device: where the tables are.
    """

    def __init__(self, device: str | torch.device) -> None:
        self.step = torch.zeros(1, dtype=torch.int64, device=device)

    def read(self, table: Tensor) -> Tensor:
        """Return a copy of this update's row of a table of shape [updates, ...]."""
        return table.index_select(0, self.step).squeeze(0)

    def write(self, table: Tensor, row: Tensor) -> None:
        """Set this update's row of a table of shape [updates, ...]."""
        table.index_copy_(0, self.step, row.unsqueeze(0))

    def tick(self) -> None:
        """Go on to the next update."""
        self.step += 1


def clock_on(device: str | torch.device) -> Clock | DeviceClock:
    """Return the clock by which updates on a device read their tables."""
    return DeviceClock(device) if torch.device(device).type == "cuda" else Clock()


def repeatable(update: Callable[[], None], device: str | torch.device) -> Callable[[], None]:
    """Return a function that makes the next update each time it is called.

    On a CPU it is ``update`` itself. On CUDA it is a recording from the fourth call on: the first
    three are made as they are, the fourth is recorded and then, like all later ones, replayed.

    Args:
        update: makes one update and moves a :class:`DeviceClock` on. What it keeps, it writes in
            place, into tensors that are there before the first call; what differs between updates,
            it reads from tensors, which may be written to between calls. It waits for nothing on
            the host: no ``item()``, no branch on a value, no copy to the CPU. Gradients of autograd
            are set to zero in place, not to None.
        device: where the update is computed, as torch names it.
    """
    return _Recorded(update, device) if torch.device(device).type == "cuda" else update


@contextmanager
def full_precision() -> Iterator[None]:
    """Multiply as exactly as the type allows, whatever shortcuts torch was told to take."""
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("highest")
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before)


class _Recorded:
    """An update on CUDA that is recorded once it has been made a few times."""

    def __init__(self, update: Callable[[], None], device: str | torch.device) -> None:
        self._update = update
        self._device = torch.device(device)
        self._stream = torch.cuda.Stream(self._device)
        self._eager = EAGER
        self._graph: torch.cuda.CUDAGraph | None = None

    def __call__(self) -> None:
        with torch.cuda.device(self._device):
            if self._eager:
                self._eager -= 1
                self._make_aside()
                return
            if self._graph is None:
                self._graph = torch.cuda.CUDAGraph()
                with torch.cuda.graph(self._graph):
                    self._update()
            self._graph.replay()

    def _make_aside(self) -> None:
        """Make the update on a stream of its own, as what is recorded is not on the usual one."""
        usual = torch.cuda.current_stream()
        self._stream.wait_stream(usual)
        with torch.cuda.stream(self._stream):
            self._update()
        usual.wait_stream(self._stream)
