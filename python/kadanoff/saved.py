"""What is kept in files: machines, and chains that go on where they stopped."""

from __future__ import annotations

import os
from typing import Any, ClassVar, TypeVar

_Machine = TypeVar("_Machine", bound="SavedMachine")
_Chains = TypeVar("_Chains", bound="SavedChains")


class SavedMachine:
    """Base of machines that `to_state` describes in full and `from_state` makes again."""

    _kind: ClassVar[str]
    _version: ClassVar[int] = 1

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write an HDF5 file, put in place whole; `load` reads it.

        Raises
        ------
        OSError
            If the file cannot be written; the old one is then still there.
        """
        from kadanoff import storage

        storage.write(path, self._kind, self._version, self.to_state())

    @classmethod
    def load(cls: type[_Machine], path: str | os.PathLike[str]) -> _Machine:
        """Return the machine that `save` wrote.

        Raises
        ------
        FileError
            A ValueError: the file is not such a machine's, damaged, hostile, or of another version.
        FileNotFoundError, PermissionError
        """
        from kadanoff import storage

        _, tree = storage.read(path, cls._kind, {cls._version})
        machine: _Machine = cls.from_state(storage.Entries(tree, path))
        return machine

    def to_state(self) -> dict[str, Any]:
        """Return what `save` writes, as plain values and arrays."""
        raise NotImplementedError

    @classmethod
    def from_state(cls, entries: Any) -> Any:
        """Return the machine whose `to_state` was read back as `storage.Entries`."""
        raise NotImplementedError


class SavedChains:
    """Base of samplers whose `state` is all that `from_state` needs to go on bit for bit."""

    _kind: ClassVar[str]
    _version: ClassVar[int] = 1

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write an HDF5 file from which `load` goes on bit for bit; it is put in place whole.

        Parameters
        ----------
        path : path-like

        Raises
        ------
        OSError
            If the file cannot be written; the old one is then still there.
        """
        from kadanoff import storage

        storage.write(path, self._kind, self._version, self.state())

    @classmethod
    def load(
        cls: type[_Chains],
        path: str | os.PathLike[str],
        device: str = "cpu",
        threads: int | None = None,
    ) -> _Chains:
        """Return the sampler that `save` wrote.

        Parameters
        ----------
        path : path-like
        device, threads
            As for a new sampler; the trajectory goes on the same.

        Raises
        ------
        FileError
            A ValueError: the file is not such a sampler's, damaged, hostile, or of another version.
        FileNotFoundError, PermissionError
        """
        from kadanoff import storage

        _, tree = storage.read(path, cls._kind, {cls._version})
        chains: _Chains = cls.from_state(storage.Entries(tree, path), device, threads)
        return chains

    def state(self) -> dict[str, Any]:
        """Return what `save` writes, as plain values and arrays."""
        raise NotImplementedError

    @classmethod
    def from_state(cls, entries: Any, device: str = "cpu", threads: int | None = None) -> Any:
        """Return the sampler whose `state` was read back as `storage.Entries`."""
        raise NotImplementedError
