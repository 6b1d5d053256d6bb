"""What is kept in files: machines, and chains that go on where they stopped."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from typing import Any, ClassVar, TypeVar

from kadanoff import _core
from kadanoff.errors import FileError

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

    def _where(self: Any) -> tuple[str, int | None]:
        """Device and threads, which are no part of the state."""
        return self.device, self.threads

    def __reduce__(self) -> tuple[Any, ...]:
        return _from_plain_state, (type(self), self.state(), *self._where())


def _from_plain_state(
    kind: type[SavedChains], state: dict[str, Any], device: str, threads: int | None
) -> Any:
    """Undo `SavedChains.__reduce__`."""
    from kadanoff import storage

    what = f"a pickled {kind._kind.replace('_', ' ')}"
    return kind.from_state(storage.Entries(state, what), device, threads)


def versions() -> dict[str, str | int]:
    """Return what a file or a run says of the program that made it."""
    return {"kadanoff_version": _core.__version__, "rng_version": _core.rng_version}


def check_contract(entries: Any) -> None:
    """Raise FileError where a state would go on with other random numbers."""
    if entries.integer("rng_version") != _core.rng_version:
        raise entries.wrong("rng_version", f"random-number contract {_core.rng_version}")


@contextlib.contextmanager
def restoring(what: str, *wrong: type[Exception]) -> Iterator[None]:
    """Raise FileError where values from a file do not make a sampler.

    Parameters
    ----------
    what : str
        What they should make.
    *wrong : type
        What this raises beside ValueError.
    """
    kinds: tuple[type[Exception], ...] = (ValueError, *wrong)
    try:
        yield
    except FileError:
        raise
    except kinds as error:
        raise FileError(f"[load] expected the state of a {what}, got: {error}") from error
