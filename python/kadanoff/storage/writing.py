"""Writing a tree of values as an HDF5 file, all or nothing."""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from .content import (
    DIGEST,
    INT64_MAX,
    KIND,
    MAX_CHUNK_BYTES,
    MAX_ENTRIES,
    MAX_INFLATED_BYTES,
    VERSION,
    array_bytes,
    count_entries,
    digest,
    normalized,
)
from .held import HeldFile
from .replacing import replacing

COMPRESSED_FROM_BYTES = 2**16


def write(path: str | os.PathLike[str], kind: str, version: int, tree: Mapping[str, Any]) -> None:
    """Write `tree` to `path`; whatever happens, `path` is the whole old or the whole new file.

    Parameters
    ----------
    path : path-like
        The file to make or replace; where it is a symbolic link, the file behind it.
    kind : str
        What the file holds, one word such as "run" or "sampler"; stored as ``kadanoff_kind``.
    version : int
        The format version of this kind, not negative; stored as ``kadanoff_format_version``.
    tree : mapping of str to values
        Arrays (bool, integers, float32, float64; any shape), bool, int of 64 bits, float, str,
        lists of one of these, and mappings of the same. Texts and lists hold at most 60 000 bytes.

    Raises
    ------
    TypeError, ValueError
        Where `tree` holds something else; no file is touched.
    OSError
        Where the file cannot be written, with its errno (ENOSPC for a full disk) and `path`.

    Notes
    -----
    The new file is flushed to the disk and renamed over the old one, see
    `kadanoff.storage.replacing.replacing`. Arrays go straight to the file, with no copy in memory;
    float64 arrays of 64 KiB and more are compressed (shuffle, gzip level 1) while all arrays
    together have at most 4 GiB.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "state.h5"
    ...     write(path, "sampler", 1, {"sweep": 3, "update": "heatbath"})
    ...     sorted(entry.name for entry in path.parent.iterdir())
    ['state.h5']
    """
    import h5py

    content = normalized(tree)
    _check_header(kind, version, content)
    root = {KIND: kind, VERSION: version, DIGEST: digest(kind, version, content), **content}
    compress = array_bytes(content) <= MAX_INFLATED_BYTES
    with replacing(path) as descriptor:
        _write_image(h5py, descriptor, root, compress=compress)


def _check_header(kind: str, version: int, content: Mapping[str, Any]) -> None:
    if not isinstance(kind, str) or not (kind.isascii() and kind.isidentifier()):
        raise ValueError(f"[save] expected one ASCII word as kind, got {kind!r}")
    if isinstance(version, bool) or not isinstance(version, int) or not 0 <= version <= INT64_MAX:
        raise ValueError(f"[save] expected a format version of 0 or more, got {version!r}")
    count = count_entries(content)
    if count > MAX_ENTRIES:
        raise ValueError(f"[save] expected at most {MAX_ENTRIES} entries, got {count}")


def _write_image(h5py: Any, descriptor: int, root: Mapping[str, Any], *, compress: bool) -> None:
    held = HeldFile(descriptor)
    reason = ""
    try:
        # Format 1.10 and later have a checksum on every block of metadata.
        with h5py.File(held, "w", libver=("v110", "v110"), track_order=True) as file:
            _write_group(h5py, file, root, compress=compress)
    except MemoryError:
        held.release()
        raise
    except Exception as error:
        # The content was checked: what is left to go wrong is the disk, or the library.
        reason = str(error) or type(error).__name__
    held.release()
    if reason:
        raise OSError(errno.EIO, f"HDF5 failed ({reason})")


def _write_group(h5py: Any, group: Any, tree: Mapping[str, Any], *, compress: bool) -> None:
    for name, value in tree.items():
        if isinstance(value, Mapping):
            _write_group(h5py, group.create_group(name, track_order=True), value, compress=compress)
        elif isinstance(value, np.ndarray):
            _write_array(group, name, value, compress=compress)
        else:
            _write_attribute(h5py, group, name, value)


def _write_attribute(h5py: Any, group: Any, name: str, value: Any) -> None:
    items = value if isinstance(value, list) else [value]
    if items and isinstance(items[0], str):
        # Texts of fixed length live inside the checksummed metadata; variable ones do not.
        encoded = [item.encode() for item in items]
        dtype = h5py.string_dtype("utf-8", max(1, *map(len, encoded)))
    elif items and isinstance(items[0], bool):
        encoded, dtype = items, np.dtype(bool)
    elif items and isinstance(items[0], float):
        encoded, dtype = items, np.dtype("<f8")
    else:
        encoded = items
        dtype = np.dtype("<u8" if items and max(items) > INT64_MAX else "<i8")
    array = np.array(encoded, dtype=dtype)
    group.attrs.create(name, array if isinstance(value, list) else array[0], dtype=dtype)


def _write_array(group: Any, name: str, value: np.ndarray[Any, Any], *, compress: bool) -> None:
    options: dict[str, Any] = {}
    if compress and value.dtype == np.float64 and value.nbytes >= COMPRESSED_FROM_BYTES:
        chunks = chunk_shape(value.shape, value.itemsize)
        options = {"chunks": chunks, "shuffle": True, "compression": "gzip", "compression_opts": 1}
    group.create_dataset(name, data=value, **options)


def chunk_shape(shape: tuple[int, ...], itemsize: int) -> tuple[int, ...]:
    """Choose chunks of at most 1 MiB that are whole in as many trailing axes as fit.

    Examples
    --------
    >>> chunk_shape((64, 4000), 8)
    (32, 4000)
    """
    room = MAX_CHUNK_BYTES // itemsize
    chunk: list[int] = []
    for extent in reversed(shape):
        chunk.append(min(extent, room))
        room //= chunk[-1]
    return tuple(reversed(chunk))
