"""A run that can be killed at any moment and continued as if nothing had happened."""

from __future__ import annotations

import hashlib
import io
import warnings
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch

from .files import check_writable, whole_file

# A file begins with this and a hash of the rest: archives, such as torch writes, notice a changed
# byte in their parts, but not in their lists of parts.
_FORMAT = b"lrlib checkpoint 2\n"
_START = len(_FORMAT)
_BODY = _START + hashlib.sha256().digest_size


class Stateful(Protocol):
    """What a checkpoint keeps the state of: a model, an optimizer, a scheduler."""

    def state_dict(self) -> dict[str, Any]:
        """Return the state."""

    def load_state_dict(self, state_dict: dict[str, Any]) -> object:
        """Continue from a state."""


class Checkpoint:
    """The file of one run, and everything of the run that goes into it.

    Beside the states and the records, the file holds the configuration, by which a run knows its
    own file, torch's global random state, from which layers such as dropout draw, and the number of
    torch's threads, which moves the last digits. It is read without executing anything that it
    holds.

    Args:
        path: the file; ``~`` is the home, and its folder is made if need be.
        config: what decides the run: plain numbers, strings, lists and dictionaries of them.
        states: what has a state, by name, in the order in which the states are loaded.
        records: arrays that the run fills as it goes, by name; they are filled in place.

    Raises:
        ValueError: if no file can be written there.
    """

    def __init__(
        self,
        path: str | Path,
        config: Mapping[str, object],
        states: Mapping[str, Stateful],
        records: Mapping[str, np.ndarray],
    ) -> None:
        self.path = Path(path).expanduser()
        self.config = dict(config)
        self.states = states
        self.records = records
        check_writable("checkpoint", self.path)

    def save(self, step: int) -> None:
        """Write the run as it is after ``step`` updates; the old file stays until that is done.

        Raises:
            OSError: if the file cannot be written, as on a full disk.
        """
        written = io.BytesIO()
        torch.save(self._content(step), written)
        with whole_file(self.path) as file:
            file.write(_FORMAT + hashlib.sha256(written.getbuffer()).digest())
            file.write(written.getbuffer())

    def resume(self, total_steps: int) -> int:
        """Bring the run to where the file left it, and return how many updates that is.

        Without a file that is 0, and nothing is touched. If the file is refused, it is left as it
        is, and so is the run. Another number of torch's threads is no reason to refuse it; it is
        said in a warning.

        Args:
            total_steps: the number of updates of the run.

        Raises:
            ValueError: if the file is damaged, is no checkpoint, or is one of another run.
        """
        if not self.path.exists():
            return 0
        content = self._read()
        for key in self.config | content["config"]:
            there, here = content["config"].get(key), self.config.get(key)
            if there != here:
                raise self._refusal(
                    f"of the same run, got one with {key} {there!r}, where this run has {here!r}"
                )
        step = content["step"]
        if type(step) is not int or not 0 <= step <= total_steps:
            raise self._refusal(
                f"of a run of {total_steps} updates, got one after {step!r} of them"
            )
        before = deepcopy(self._content(0))
        try:
            self._load(content)
        except Exception as error:  # whatever torch raises, part of the state being loaded
            self._load(before)
            raise self._refusal("whole, got one whose state does not fit") from error
        if content["threads"] != torch.get_num_threads():
            warnings.warn(
                f"checkpoint {str(self.path)!r} was made with {content['threads']} threads of "
                f"torch, now there are {torch.get_num_threads()}: the last digits may differ",
                stacklevel=3,
            )
        return step

    def _content(self, step: int) -> dict[str, Any]:
        """Return what the file holds of the run as it is."""
        return {
            "config": self.config,
            "step": step,
            "threads": torch.get_num_threads(),
            "states": {name: each.state_dict() for name, each in self.states.items()},
            "records": {name: torch.from_numpy(each) for name, each in self.records.items()},
            "random": _random_state(),
        }

    def _load(self, content: dict[str, Any]) -> None:
        for name, each in self.states.items():
            each.load_state_dict(content["states"][name])
        for name, each in self.records.items():
            record = content["records"][name].numpy()
            if record.shape != each.shape:
                raise ValueError(f"{name} of shape {record.shape}")
            each[:] = record
        _set_random_state(content["random"])

    def _read(self) -> dict[str, Any]:
        written = self.path.read_bytes()
        head, digest, body = written[:_START], written[_START:_BODY], written[_BODY:]
        if not _FORMAT.startswith(head):
            raise self._refusal("a checkpoint of this lrlib, got a file of another kind")
        if hashlib.sha256(body).digest() != digest:
            raise self._refusal("whole, got one that is cut short or damaged")
        try:
            content = torch.load(io.BytesIO(body), weights_only=True, map_location="cpu")
        except Exception as error:  # whatever torch raises for what it does not trust
            raise self._refusal("a checkpoint, got a file that pretends to be one") from error
        if not isinstance(content, dict) or set(content) != set(self._content(0)):
            raise self._refusal("a checkpoint, got a file with something else in it")
        return content

    def _refusal(self, what: str) -> ValueError:
        return ValueError(f"checkpoint {str(self.path)!r} must be {what}")


def _random_state() -> dict[str, torch.Tensor]:
    """Return the state of torch's global generators, that of each CUDA device included."""
    state = {"cpu": torch.get_rng_state()}
    if torch.cuda.is_initialized():
        state |= {str(i): each for i, each in enumerate(torch.cuda.get_rng_state_all())}
    return state


def _set_random_state(state: dict[str, torch.Tensor]) -> None:
    torch.set_rng_state(state["cpu"])
    if len(state) > 1:
        torch.cuda.set_rng_state_all([state[str(i)] for i in range(len(state) - 1)])
