"""What a Kadanoff file may hold: value types, names, limits, and the digest of a content."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Mapping
from typing import Any

import numpy as np

KIND = "kadanoff_kind"
VERSION = "kadanoff_format_version"
DIGEST = "kadanoff_digest"
RESERVED = (KIND, VERSION, DIGEST)

MAX_DEPTH = 16
MAX_ENTRIES = 65_536
MAX_NAME_BYTES = 200
MAX_NDIM = 32
MAX_ATTRIBUTE_BYTES = 60_000
MAX_CHUNK_BYTES = 2**20
MAX_INFLATED_BYTES = 2**32
"""Compressed arrays may ask for this much memory, 4 GiB, however small their file is."""

ARRAY_DTYPES = tuple(
    np.dtype(code)
    for code in ("?", "i1", "<i2", "<i4", "<i8", "u1", "<u2", "<u4", "<u8", "<f4", "<f8")
)

INT64_MIN, INT64_MAX, UINT64_MAX = -(2**63), 2**63 - 1, 2**64 - 1


def name_fault(name: str) -> str | None:
    """Say why `name` cannot name an entry, or None where it can."""
    try:
        size = len(name.encode())
    except UnicodeEncodeError:
        return "a name that is not Unicode text"
    if not 0 < size <= MAX_NAME_BYTES:
        return f"a name of {size} bytes (1 to {MAX_NAME_BYTES} are allowed)"
    if name in (".", "..") or "/" in name or "\0" in name:
        return f"the name {name!r}"
    return None


def normalized(tree: Mapping[str, Any], *, where: str = "/", depth: int = 0) -> dict[str, Any]:
    """Copy `tree` with every value in the one form that `read` gives back.

    Parameters
    ----------
    tree : mapping of str to values
        Arrays (bool, integers, float32, float64), numbers, texts, lists of one of these, mappings.
    where, depth : str, int
        Path and depth of `tree` in the file.

    Returns
    -------
    dict
        Arrays are C-contiguous and little-endian (not copied where they are so already), NumPy
        scalars are Python scalars, tuples are lists.

    Raises
    ------
    TypeError, ValueError
        Where a name or value cannot be stored.
    """
    if depth > MAX_DEPTH:
        raise ValueError(f"[save] expected at most {MAX_DEPTH} nested groups, got more: {where}")
    result: dict[str, Any] = {}
    for name, value in tree.items():
        if not isinstance(name, str):
            raise TypeError(f"[save] expected a str as name, got {name!r} in {where}")
        fault = name_fault(name)
        if depth == 0 and name in RESERVED:
            fault = f"the reserved name {name!r}"
        if fault:
            raise ValueError(f"[save] expected a name for an entry, got {fault} in {where}")
        path = where + name
        if isinstance(value, Mapping):
            result[name] = normalized(value, where=path + "/", depth=depth + 1)
        elif isinstance(value, np.ndarray):
            result[name] = _normalized_array(value, path)
        elif isinstance(value, (list, tuple)):
            result[name] = _normalized_list(value, path)
        else:
            result[name] = _normalized_scalar(value, path)
    return result


def _normalized_array(value: np.ndarray[Any, Any], path: str) -> np.ndarray[Any, Any]:
    dtype = value.dtype.newbyteorder("<")
    if dtype not in ARRAY_DTYPES or isinstance(value, np.ma.MaskedArray):
        raise TypeError(
            f"[save] expected an array of bool, integers, float32 or float64, "
            f"got {type(value).__name__} of {value.dtype}: {path}"
        )
    if value.ndim > MAX_NDIM:
        raise ValueError(f"[save] expected at most {MAX_NDIM} axes, got {value.ndim}: {path}")
    return np.asarray(value, dtype=dtype, order="C")


def _normalized_scalar(value: Any, path: str) -> bool | int | float | str:
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, (bool, float)):
        return value
    if isinstance(value, int):
        if INT64_MIN <= value <= UINT64_MAX:
            return int(value)
        raise ValueError(f"[save] expected an integer of 64 bits, got {value}: {path}")
    if isinstance(value, str):
        if "\0" in value or any("\ud800" <= c <= "\udfff" for c in value):
            raise ValueError(f"[save] expected Unicode text without NUL, got {value!r}: {path}")
        if len(value.encode()) > MAX_ATTRIBUTE_BYTES:
            raise ValueError(
                f"[save] expected a text of at most {MAX_ATTRIBUTE_BYTES} bytes, "
                f"got {len(value.encode())}: {path}"
            )
        return str(value)
    raise TypeError(
        f"[save] expected an array, number, text, list or dict, got {type(value).__name__}: {path}"
    )


def _normalized_list(values: list[Any] | tuple[Any, ...], path: str) -> list[Any]:
    items: list[Any] = [_normalized_scalar(value, path) for value in values]
    kinds = {type(item) for item in items}
    if kinds == {int, float}:
        items, kinds = [float(item) for item in items], {float}
    if len(kinds) > 1:
        names = ", ".join(sorted(kind.__name__ for kind in kinds))
        raise TypeError(f"[save] expected a list of one type, got {names}: {path}")
    if kinds == {int} and min(items) < 0 and max(items) > INT64_MAX:
        raise ValueError(f"[save] expected integers of one 64-bit type, got both ends: {path}")
    width = max((len(item.encode()) for item in items), default=1) if kinds == {str} else 8
    if max(width, 1) * len(items) > MAX_ATTRIBUTE_BYTES:
        raise ValueError(
            f"[save] expected a list of at most {MAX_ATTRIBUTE_BYTES} bytes (use an array), "
            f"got {len(items)} items: {path}"
        )
    return items


def count_entries(tree: Mapping[str, Any]) -> int:
    """Count the entries of a tree and of all its groups."""
    return sum(1 + count_entries(v) if isinstance(v, Mapping) else 1 for v in tree.values())


def array_bytes(tree: Mapping[str, Any]) -> int:
    """Sum the bytes of all arrays of a normalized `tree`."""
    return sum(
        array_bytes(value) if isinstance(value, Mapping) else getattr(value, "nbytes", 0)
        for value in tree.values()
    )


def digest(kind: str, version: int, tree: Mapping[str, Any]) -> str:
    """Compute the digest of a content: 32 hexadecimal digits.

    Notes
    -----
    BLAKE2b (RFC 7693) of 16 bytes over records ``tag + decimal length + ":" + payload``. First the
    kind ``s`` and the version ``i``, then the root group. A group is ``g`` with its number of
    entries, then for each name in the order of its code points ``s`` and the value: ``b`` (0 or 1),
    ``i`` (decimal), ``f`` (8 bytes, little-endian), ``s`` (UTF-8), ``l`` with the number of items
    and the items, ``a`` with dtype and shape as in ``<f8 4,1000`` followed by a record ``d`` of the
    elements in C order, little-endian. It guards against damage, not against forgery.

    Examples
    --------
    >>> digest("run", 1, {"sweep": 7})
    '14cd29fa7a56bc1407490bed92be1cdd'
    """
    state = hashlib.blake2b(digest_size=16)
    _feed(state, kind)
    _feed(state, version)
    _feed(state, tree)
    return state.hexdigest()


def _feed(state: Any, value: Any) -> None:
    if isinstance(value, Mapping):
        _record(state, b"g", str(len(value)).encode())
        for name in sorted(value):
            _feed(state, name)
            _feed(state, value[name])
    elif isinstance(value, list):
        _record(state, b"l", str(len(value)).encode())
        for item in value:
            _feed(state, item)
    elif isinstance(value, np.ndarray):
        _feed_array(state, value)
    elif isinstance(value, bool):
        _record(state, b"b", b"1" if value else b"0")
    elif isinstance(value, int):
        _record(state, b"i", str(value).encode())
    elif isinstance(value, float):
        _record(state, b"f", struct.pack("<d", value))
    else:
        _record(state, b"s", value.encode())


def _feed_array(state: Any, value: np.ndarray[Any, Any]) -> None:
    array = np.asarray(value, dtype=value.dtype.newbyteorder("<"), order="C")
    shape = ",".join(str(extent) for extent in array.shape)
    _record(state, b"a", f"{array.dtype.str} {shape}".encode())
    _record(state, b"d", array.reshape(-1).view(np.uint8))


def _record(state: Any, tag: bytes, payload: bytes | np.ndarray[Any, Any]) -> None:
    state.update(tag + str(len(payload)).encode() + b":")
    state.update(payload)
