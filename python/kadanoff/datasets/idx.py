"""IDX files, the format of MNIST: an array of numbers behind a header of a few bytes."""

from __future__ import annotations

import gzip
import math
import os
import zlib
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from kadanoff import arguments
from kadanoff.errors import FileError

MAX_BYTES = 2**32
MAX_AXES = 32

_DTYPES: dict[int, np.dtype[Any]] = {
    0x08: np.dtype(np.uint8),
    0x09: np.dtype(np.int8),
    0x0B: np.dtype(">i2"),
    0x0C: np.dtype(">i4"),
    0x0D: np.dtype(">f4"),
    0x0E: np.dtype(">f8"),
}
_GZIP = b"\x1f\x8b"
_PIECE = 2**22


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


def read_idx(path: str | os.PathLike[str]) -> npt.NDArray[Any]:
    """Read an array from an IDX file, plain or compressed by gzip.

    Parameters
    ----------
    path : path-like
        What the first bytes say counts, not the name.

    Returns
    -------
    ndarray
        uint8, int8, int16, int32, float32 or float64, of the byte order of the machine.

    Raises
    ------
    FileError
        A ValueError: the file is not IDX, shorter or longer than its header says, damaged, or
        holds more than 2^32 bytes. No more memory is taken than there are bytes to fill it.
    OSError
        If it cannot be read.

    Notes
    -----
    Two bytes of 0, one for the type and one for the number of axes, then the extents and the
    elements, slowest axis first, all with the highest byte first (Y. LeCun, C. Cortes, C. J. C.
    Burges, The MNIST database of handwritten digits, 1998).

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import kadanoff as kd
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "pair-idx1-ubyte")
    ...     _ = path.write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 2, 7, 9]))
    ...     kd.datasets.read_idx(path)
    array([7, 9], dtype=uint8)
    """
    with Path(path).open("rb") as file:
        zipped = file.read(2) == _GZIP
        file.seek(0)
        if not zipped:
            return _read_array(file, path)
        try:
            with gzip.GzipFile(fileobj=file) as unzipped:
                return _read_array(unzipped, path)
        except EOFError:
            raise _error("a whole gzip file", "a truncated one", path) from None
        except (gzip.BadGzipFile, zlib.error):
            raise _error("a whole gzip file", "a damaged one", path) from None


def write_idx(path: str | os.PathLike[str], array: npt.ArrayLike) -> None:
    """Write an array as an IDX file, which `read_idx` reads; it is put in place whole.

    Parameters
    ----------
    path : path-like
        Compressed by gzip if it ends in ".gz".
    array : array_like
        Of dtype uint8, int8, int16, int32, float32 or float64, with 1 to 32 axes.

    Raises
    ------
    TypeError
        For other dtypes.
    ValueError
        For a scalar, or more than 2^32 bytes.
    OSError
        If the file cannot be written; the old one is then still there.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import numpy as np
    >>> import kadanoff as kd
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "eye-idx2-double.gz")
    ...     kd.datasets.write_idx(path, np.eye(2))
    ...     kd.datasets.read_idx(path).tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    values = arguments.array("write_idx", "array", array)
    codes = {dtype.newbyteorder("="): code for code, dtype in _DTYPES.items()}
    code = codes.get(values.dtype.newbyteorder("="))
    if code is None:
        names = ", ".join(str(dtype) for dtype in codes)
        raise TypeError(f"[write_idx] expected one of {names}, got {values.dtype}")
    if not 1 <= values.ndim <= MAX_AXES or values.nbytes > MAX_BYTES:
        expected = f"1 to {MAX_AXES} axes and at most {MAX_BYTES} bytes"
        raise ValueError(f"[write_idx] expected {expected}, got shape {values.shape}")
    from kadanoff.storage.replacing import replacing

    content = bytes([0, 0, code, values.ndim]) + np.array(values.shape, dtype=">u4").tobytes()
    content += values.astype(_DTYPES[code]).tobytes()
    if os.fspath(path).endswith(".gz"):
        content = gzip.compress(content, mtime=0)
    with replacing(path) as descriptor, os.fdopen(os.dup(descriptor), "wb") as file:
        file.write(content)


def _error(expected: str, got: str, path: str | os.PathLike[str]) -> FileError:
    return FileError(f"[read_idx] expected {expected}, got {got}: {os.fspath(path)}")


def _read_array(file: _Readable, path: str | os.PathLike[str]) -> npt.NDArray[Any]:
    magic = file.read(4)
    if len(magic) < 4 or magic[:2] != b"\0\0":
        got = f"one that begins with 0x{magic.hex()}" if magic else "an empty one"
        raise _error("an IDX file", got, path)
    code, axes = magic[2], magic[3]
    if code not in _DTYPES:
        known = ", ".join(f"0x{each:02x}" for each in _DTYPES)
        raise _error(f"a type among {known}", f"0x{code:02x}", path)
    if not 1 <= axes <= MAX_AXES:
        raise _error(f"1 to {MAX_AXES} axes", str(axes), path)
    extents = file.read(4 * axes)
    if len(extents) < 4 * axes:
        raise _error(f"{axes} extents of 4 bytes", f"{len(extents)} bytes", path)
    shape = tuple(np.frombuffer(extents, dtype=">u4").tolist())
    dtype = _DTYPES[code]
    # An extent of 0 must not hide others that no array can have.
    if dtype.itemsize * math.prod(max(1, extent) for extent in shape) > MAX_BYTES:
        raise _error(f"at most {MAX_BYTES} bytes", f"shape {shape} of {dtype.name}", path)
    size = dtype.itemsize * math.prod(shape)
    data = _read_at_most(file, size + 1)
    if len(data) != size:
        got = str(len(data)) if len(data) < size else "more"
        raise _error(f"{size} bytes for shape {shape} of {dtype.name}", got, path)
    array: npt.NDArray[Any] = np.frombuffer(data, dtype=dtype).reshape(shape)
    return array.astype(dtype.newbyteorder("="), copy=False)


def _read_at_most(file: _Readable, size: int) -> bytearray:
    """Read in pieces: to ask for all at once would allocate what a header claims."""
    data = bytearray()
    while len(data) < size and (part := file.read(min(_PIECE, size - len(data)))):
        data += part
    return data
