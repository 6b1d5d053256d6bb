"""Reading a tree of values from an HDF5 file that anybody may have written."""

from __future__ import annotations

import errno
import math
import os
import stat
import zlib
from collections.abc import Callable, Container, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from ..errors import FileError
from .checking import Checker, RefusedError, StoredArray, check_bools, shown
from .content import DIGEST, KIND, MAX_INFLATED_BYTES, RESERVED, VERSION, digest
from .held import HeldFile, read_fully

SIGNATURE = b"\x89HDF\r\n\x1a\n"
SUPERBLOCK = b"\3"
"""Version 3, the first with a checksum on every block; `write` makes no other."""


def read(
    path: str | os.PathLike[str],
    kind: str,
    versions: Container[int],
    *,
    max_inflated_bytes: int = MAX_INFLATED_BYTES,
    mapped: Container[str] = (),
) -> tuple[int, dict[str, Any]]:
    """Read a file that `write` made, and refuse every other.

    Parameters
    ----------
    path : path-like
        The file.
    kind : str
        The kind that the file must have.
    versions : container of int
        The format versions that the caller can read.
    max_inflated_bytes : int
        All arrays together have at most this many bytes or the bytes of the file, whichever is
        more. The default is 4 GiB, which holds for every file that `write` makes.
    mapped : container of str
        Arrays of the root that stay in the file: read-only `numpy.memmap`, if they are not
        compressed, not empty and not of bool.

    Returns
    -------
    version : int
        The format version of the file.
    tree : dict
        As it was written: arrays (C-contiguous, writable, native byte order), bool, int, float,
        str, lists and dicts. In each dict first come scalars, texts and lists, then arrays and
        groups, each in the order in which they were written.

    Raises
    ------
    FileError
        With the reason and `path`, where the file is not HDF5, truncated, damaged (its digest is
        verified), of another kind, program or version, or has what `write` never makes: soft,
        external or second hard links, external or virtual storage, other filters or types, sizes
        that it cannot hold.
    FileNotFoundError, PermissionError, OSError
        Where the file cannot be opened or read.

    Notes
    -----
    Everything is checked before any array is allocated. A dataset may declare at most the bytes
    that it has in the file, and where it is compressed at most 1032 times that many, which is what
    deflate can reach; its chunks are inflated one by one and never past their 1 MiB.
    """
    with _opened(path, kind) as (descriptor, size):

        def check(h5py: Any, file: Any) -> tuple[int, dict[str, Any]]:
            checker = Checker(h5py, size, max_inflated_bytes)
            return _check_header(h5py, checker, file, kind, versions), checker.root(file)

        version, plan = _inspect(descriptor, check)
        stored_digest = plan[DIGEST]
        content = {name: value for name, value in plan.items() if name not in RESERVED}
        kept = {name: value for name, value in content.items() if _mappable(value, name in mapped)}
        tree = _fill(descriptor, content | dict.fromkeys(kept))
        tree |= {name: _map_array(descriptor, value) for name, value in kept.items()}
        if digest(kind, version, tree) != stored_digest:
            raise RefusedError("damaged content (digest mismatch)")
        return version, tree


def kind_of(path: str | os.PathLike[str]) -> str:
    """Return the kind of a Kadanoff file; nothing but its header is read.

    Parameters
    ----------
    path : path-like
        The file.

    Returns
    -------
    str
        What it claims to be; `read` checks the rest.

    Raises
    ------
    FileError
        Where the file is not HDF5 or has no such header.
    FileNotFoundError, PermissionError, OSError
        Where the file cannot be opened or read.
    """
    with _opened(path, "") as (descriptor, size):

        def look(h5py: Any, file: Any) -> str:
            checker = Checker(h5py, size, MAX_INFLATED_BYTES)
            root = h5py.h5g.open(file.id, b"/")
            return str(_header_value(h5py, checker, root, KIND, str))

        return str(_inspect(descriptor, look))


@contextmanager
def _opened(path: str | os.PathLike[str], kind: str) -> Iterator[tuple[int, int]]:
    """Open a file to read: (descriptor, size). Every fault leaves with its reason and the path."""
    shown_path = os.fspath(path)
    try:
        descriptor = os.open(shown_path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        text = f"[load] expected a readable file, got: {error.strerror}"
        raise OSError(error.errno or errno.EIO, text, shown_path) from error
    try:
        yield descriptor, _regular_size(descriptor)
    except RefusedError as reason:
        wanted = f"Kadanoff {kind} file" if kind else "Kadanoff file"
        raise FileError(f"[load] expected a {wanted}, got {reason}: {shown_path}") from None
    except OSError as error:
        text = f"[load] expected a readable file, got: {error.strerror or error}"
        raise OSError(error.errno or errno.EIO, text, shown_path) from error
    finally:
        os.close(descriptor)


def _regular_size(descriptor: int) -> int:
    status = os.fstat(descriptor)
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not stat.S_ISREG(status.st_mode):
        raise RefusedError("a device, pipe or socket")
    # A user block would put the signature further behind; our files have none.
    start = os.pread(descriptor, len(SIGNATURE) + len(SUPERBLOCK), 0)
    if not start.startswith(SIGNATURE):
        raise RefusedError("an empty file" if status.st_size == 0 else "a file that is not HDF5")
    if start != SIGNATURE + SUPERBLOCK:
        raise RefusedError("a foreign HDF5 file (its superblock is not of version 3)")
    return status.st_size


def _inspect(descriptor: int, look: Callable[[Any, Any], Any]) -> Any:
    """Return look(h5py, file) of an open file; every fault of HDF5 becomes a refusal."""
    import h5py

    held = HeldFile(descriptor)
    result: Any = None
    reason = ""
    try:
        with h5py.File(held, "r") as file:
            result = look(h5py, file)
    except RefusedError as refusal:
        reason = str(refusal)
    except Exception as error:
        # h5py has an exception class for each fault, MemoryError for absurd sizes among them.
        reason = f"a truncated or damaged HDF5 file ({shown(str(error))})"
    # Raised out here, as the exceptions above would keep h5py objects alive: one that outlives
    # the interpreter crashes the process at its end.
    held.release()
    if reason:
        raise RefusedError(reason)
    return result


def _header_value(h5py: Any, checker: Checker, root: Any, name: str, expected: type) -> Any:
    """Return an attribute of the root that makes a file ours."""
    if not h5py.h5a.exists(root, name.encode()):
        raise RefusedError(f"a foreign HDF5 file (it has no attribute {name})")
    value = checker.attribute(root, name, name)
    if type(value) is not expected:
        raise RefusedError(f"a foreign HDF5 file (its {name} is of another type)")
    return value


def _check_header(
    h5py: Any, checker: Checker, file: Any, kind: str, versions: Container[int]
) -> int:
    """Check the three attributes that make a file ours; return the format version."""
    root = h5py.h5g.open(file.id, b"/")
    found = _header_value(h5py, checker, root, KIND, str)
    if found != kind:
        raise RefusedError(f"a Kadanoff file of kind {shown(found)}")
    version = int(_header_value(h5py, checker, root, VERSION, int))
    if version not in versions:
        known = ""
        if isinstance(versions, Iterable):
            known = f" (known: {', '.join(str(known) for known in versions)})"
        raise RefusedError(f"the unknown format version {version}{known}")
    _header_value(h5py, checker, root, DIGEST, str)
    return version


def _fill(descriptor: int, plan: dict[str, Any]) -> dict[str, Any]:
    """Read the arrays of a checked tree."""
    tree: dict[str, Any] = {}
    for name, value in plan.items():
        if isinstance(value, dict):
            tree[name] = _fill(descriptor, value)
        elif isinstance(value, StoredArray):
            tree[name] = _read_array(descriptor, value)
        else:
            tree[name] = value
    return tree


def _mappable(value: Any, wanted: bool) -> bool:
    if not wanted or not isinstance(value, StoredArray) or value.chunk is not None:
        return False
    native = value.dtype == value.dtype.newbyteorder("=") and value.dtype != np.bool_
    return native and len(value.pieces) == 1


def _map_array(descriptor: int, stored: StoredArray) -> np.ndarray[Any, Any]:
    (piece,) = stored.pieces
    with os.fdopen(os.dup(descriptor), "rb") as file:
        return np.memmap(file, stored.dtype, "r", piece.position, stored.shape)


def _read_array(descriptor: int, stored: StoredArray) -> np.ndarray[Any, Any]:
    array = np.empty(stored.shape, stored.dtype)
    if stored.chunk is None:
        for piece in stored.pieces:
            view = array.reshape(-1).view(np.uint8).data
            _read_exactly(descriptor, view, piece.position)
    else:
        for piece in stored.pieces:
            compressed = bytearray(piece.size)
            _read_exactly(descriptor, memoryview(compressed), piece.position)
            block = _inflate(compressed, stored.dtype, stored.chunk, stored.name)
            corners = zip(piece.start, stored.chunk, strict=True)
            target = array[tuple(slice(first, first + step) for first, step in corners)]
            target[...] = block[tuple(slice(0, extent) for extent in target.shape)]
    check_bools(array, stored.name)
    native = stored.dtype.newbyteorder("=")
    return array if stored.dtype == native else array.astype(native)


def _read_exactly(descriptor: int, view: memoryview, position: int) -> None:
    if read_fully(descriptor, view, position) != len(view):
        raise RefusedError("a file that shrank while it was read")


def _inflate(
    compressed: bytearray, dtype: np.dtype[Any], chunk: tuple[int, ...], name: str
) -> np.ndarray[Any, Any]:
    """Undo gzip and shuffle of one chunk; it never makes more bytes than the chunk has.

    The shuffle filter stores the first bytes of all elements, then all second bytes, and so on.
    """
    size = math.prod(chunk) * dtype.itemsize
    inflater = zlib.decompressobj()
    try:
        data = inflater.decompress(compressed, size)
        rest = inflater.decompress(inflater.unconsumed_tail, 1)
    except zlib.error as error:
        raise RefusedError(f"damaged compressed data at {shown(name)}") from error
    if len(data) != size or rest or not inflater.eof:
        raise RefusedError(f"compressed data of a wrong size at {shown(name)}")
    planes = np.frombuffer(data, np.uint8).reshape(dtype.itemsize, -1)
    return np.ascontiguousarray(planes.T).view(dtype).reshape(chunk)
