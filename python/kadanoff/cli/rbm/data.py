"""The DATA of ``kadanoff rbm``: names of data sets, and files."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

import kadanoff as kd
from kadanoff.errors import FileError

from ..options import parse_size
from ..writable import OptionError

ISING_SAMPLES = 5000

Bits = npt.NDArray[np.uint8]


class Data(NamedTuple):
    """States of visible units.

    Attributes
    ----------
    name : str
        As on the command line.
    bits : ndarray of uint8, (n, n_visible)
        0 and 1, whatever the machine's units are.
    shape : tuple of int, or None
        That of a state, where it is known.
    test : ndarray of uint8, (m, n_visible), or None
        What the set holds out itself.
    entropy : float or None
        Of a state, in nats, where it is known: no machine has a log-likelihood above its negative.
    """

    name: str
    bits: Bits
    shape: tuple[int, ...] | None
    test: Bits | None = None
    entropy: float | None = None

    def split(self, held_out: float | None, seed: int) -> tuple[Bits, Bits | None]:
        """Return training data and held-out data; by default a fifth where not all is known."""
        if held_out is None and self.test is not None:
            return self.bits, self.test
        share = (0.0 if self.complete else 0.2) if held_out is None else held_out
        if share == 0.0:
            return self.bits, None
        labels = np.zeros(len(self.bits), dtype=np.int64)
        whole = kd.datasets.Dataset(self.bits, labels, (self.bits.shape[1],))
        train, test = whole.split(share, seed)
        return train.data, test.data

    @property
    def complete(self) -> bool:
        """Whether every state is there once, so that none can be held out."""
        return self.name.partition(":")[0] == "bars-and-stripes"


def values(bits: Bits, units: str) -> npt.NDArray[Any]:
    """Return the values that units of a machine have."""
    return bits if units == "binary" else 2 * bits.view(np.int8) - np.int8(1)


def read(text: str, seed: int, threshold: float = 0.5, threads: int | None = None) -> Data:
    """Return the states that DATA names.

    Parameters
    ----------
    text : str
        See `kadanoff.cli.rbm.DATA_HELP`.
    seed : int
        Of configurations that are sampled.
    threshold : float
        In [0, 1): grey values above this share of white are 1.
    threads : int, optional

    Raises
    ------
    OptionError
        If it names nothing.
    FileError
        If a file is not what it should be.
    ValueError, TypeError, ImportError, OSError
    """
    name, _, rest = text.partition(":")
    if name == "digits" and not rest:
        digits = kd.datasets.digits(threshold)
        return Data(text, digits.data, digits.sample_shape)
    if name == "bars-and-stripes":
        return _bars_and_stripes(text, rest)
    if name == "ising":
        return _ising(text, rest.split(":"), seed, threads)
    if name == "mnist" and rest:
        train, test = kd.datasets.mnist(rest, threshold)
        return Data(text, train.data, train.sample_shape, test.data)
    return _file(text, threshold)


def _bars_and_stripes(text: str, size: str) -> Data:
    extents = _extents(text, size or "4")
    if len(extents) > 2:
        raise OptionError(f"[rbm] expected bars-and-stripes:HxW, got {text}")
    height, width = extents * 2 if len(extents) == 1 else extents
    patterns = kd.datasets.bars_and_stripes(height, width)
    return Data(text, patterns, (height, width), entropy=float(np.log(len(patterns))))


def _ising(text: str, words: list[str], seed: int, threads: int | None) -> Data:
    try:
        temperature = float(words[1])
        count = int(words[2]) if len(words) == 3 else ISING_SAMPLES
        if len(words) > 3:
            raise ValueError
    except (ValueError, IndexError):
        wanted = "ising:L:T or ising:LxM:T:number"
        raise OptionError(f"[rbm] expected {wanted}, got {text}") from None
    extents = _extents(text, words[0])
    if len(extents) > 2:
        raise OptionError(f"[rbm] expected the extents of a square lattice, got {text}")
    shape = tuple(extents * 2 if len(extents) == 1 else extents)
    drawn = kd.datasets.ising(kd.Square(shape), temperature, count, seed, threads=threads)
    solved = kd.exact.kaufman(shape, 1.0 / temperature)
    entropy = float(np.prod(shape)) * float(solved.log_z + solved.energy / temperature)
    return Data(text, drawn.bits, shape, entropy=entropy)


def _extents(text: str, size: str) -> list[int]:
    try:
        parsed = parse_size(size)
    except OptionError:
        raise OptionError(f"[rbm] expected extents such as 8 or 8x16, got {text}") from None
    return parsed if isinstance(parsed, list) else [parsed]


def _file(text: str, threshold: float) -> Data:
    path, name = Path(text), None
    if not path.exists() and ":" in text:
        start, _, name = text.rpartition(":")
        path = Path(start)
    if not path.exists():
        known = "digits, bars-and-stripes, ising:L:T, mnist:FOLDER or a file"
        raise OptionError(f"[rbm] expected {known}, got {text}")
    array = _array(path, name)
    if array.ndim < 2 or array.size == 0:
        wanted = "an array of shape (n, n_visible) or (n, rows, columns)"
        raise FileError(f"[rbm] expected {wanted}, got shape {array.shape}: {path}")
    shape = None if array.ndim == 2 else array.shape[1:]
    return Data(text, _bits(array.reshape(len(array), -1), threshold, path), shape)


def _array(path: Path, name: str | None) -> npt.NDArray[Any]:
    suffix = path.suffix.lower()
    if suffix == ".npz":
        return _member(path, name)
    if name is not None:
        raise OptionError(f"[rbm] expected a name of an array after .npz only, got {path}:{name}")
    if suffix != ".npy":
        return kd.datasets.read_idx(path)
    try:
        return np.asarray(np.load(path, allow_pickle=False))
    except (ValueError, EOFError) as error:
        raise FileError(f"[rbm] expected an array in the file, got: {error}: {path}") from None


def _member(path: Path, name: str | None) -> npt.NDArray[Any]:
    """Return an array of an .npz file: what is named, the only one, or visible units."""
    try:
        with np.load(path, allow_pickle=False) as file:
            names = list(file)
            if name is None:
                likely = [one for one in ("visible", "data") if one in names]
                name = names[0] if len(names) == 1 else next(iter(likely), None)
            if name in names:
                return np.asarray(file[name])
    except (ValueError, EOFError, zipfile.BadZipFile) as error:
        raise FileError(f"[rbm] expected arrays in the file, got: {error}: {path}") from None
    wanted = f"{path}:NAME with one of {', '.join(names)}"
    raise OptionError(f"[rbm] expected {wanted}, got {'no name' if name is None else name}")


def _bits(array: npt.NDArray[Any], threshold: float, path: Path) -> Bits:
    """Return 0 and 1: of bits and spins as they are, of grey values by the threshold."""
    if array.dtype.kind not in "biuf":
        raise FileError(f"[rbm] expected numbers, got dtype {array.dtype}: {path}")
    if not 0.0 <= threshold < 1.0:
        raise OptionError(f"[rbm] expected --threshold in [0, 1), got {threshold:g}")
    low, high = array.min(), array.max()
    if low == -1 and high <= 1 and not (array[(array != -1) & (array != 1)]).size:
        return np.ascontiguousarray(array == 1).view(np.uint8)
    if array.dtype == np.uint8 and high > 1:
        return np.asarray(array > threshold * 255.0).view(np.uint8)
    if not (low >= 0 and high <= 1):  # NaN is neither
        wanted = "values 0 and 1, -1 and 1, grey values in [0, 1], or bytes"
        raise FileError(f"[rbm] expected {wanted}, got {low} to {high}: {path}")
    return np.asarray(array > threshold).view(np.uint8)
