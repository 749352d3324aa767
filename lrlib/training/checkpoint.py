"""A run that can be killed at any moment and continued as if nothing had happened."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch

from .files import whole_file

_FORMAT = "lrlib checkpoint 1"


class Stateful(Protocol):
    """What a checkpoint keeps the state of: a model, an optimizer, a scheduler."""

    def state_dict(self) -> dict[str, Any]:
        """Return the state."""

    def load_state_dict(self, state_dict: dict[str, Any]) -> object:
        """Continue from a state."""


class Checkpoint:
    """The file of one run, and everything of the run that goes into it.

    Beside the states and the records, the file holds the configuration, by which a run knows its
    own file, and torch's global random state, from which layers such as dropout draw. It is read
    without executing anything that it holds.

    Args:
        path: the file; its folder is made if need be.
        config: what decides the run: plain numbers, strings, lists and dictionaries of them.
        states: what has a state, by name, in the order in which the states are loaded.
        records: arrays that the run fills as it goes, by name; they are filled in place.
    """

    def __init__(
        self,
        path: str | Path,
        config: Mapping[str, object],
        states: Mapping[str, Stateful],
        records: Mapping[str, np.ndarray],
    ) -> None:
        self.path = Path(path)
        self.config = dict(config)
        self.states = states
        self.records = records
        self.path.parent.mkdir(parents=True, exist_ok=True)

    def save(self, step: int) -> None:
        """Write the run as it is after ``step`` updates; the old file stays until that is done."""
        content = {
            "format": _FORMAT,
            "config": self.config,
            "step": step,
            "states": {name: each.state_dict() for name, each in self.states.items()},
            "records": {name: torch.from_numpy(each) for name, each in self.records.items()},
            "random": _random_state(),
        }
        with whole_file(self.path) as file:
            torch.save(content, file)

    def resume(self) -> int:
        """Bring the run to where the file left it, and return how many updates that is.

        Without a file that is 0, and nothing is touched. Nothing is touched either, and the file is
        left as it is, if it is refused.

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
        for name, each in self.states.items():
            each.load_state_dict(content["states"][name])
        for name, each in self.records.items():
            each[:] = content["records"][name].numpy()
        _set_random_state(content["random"])
        return content["step"]

    def _read(self) -> dict[str, Any]:
        try:
            with zipfile.ZipFile(self.path) as archive:
                damaged = archive.testzip()
        except zipfile.BadZipFile as error:
            # A checkpoint is an archive, and an archive that was cut lacks its end.
            if b"PK\x03\x04".startswith(self.path.read_bytes()[:4]):
                raise self._refusal("whole, got one that is cut short") from error
            raise self._refusal("a checkpoint, got a file of another kind") from error
        if damaged is not None:
            raise self._refusal(f"whole, got one whose part {damaged!r} is damaged")
        try:
            content = torch.load(self.path, weights_only=True, map_location="cpu")
        except Exception as error:  # whatever a foreign archive makes torch raise
            raise self._refusal("a checkpoint, got another archive") from error
        if not isinstance(content, dict) or content.get("format") != _FORMAT:
            raise self._refusal("a checkpoint of lrlib, got another file of torch")
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
