"""Deciding whether an HDF5 file is one of ours, before any array is allocated or read.

HDF5 is asked where things are and nothing else: it follows no link out of the file, opens no
other file, runs no filter, converts no array. What is not on the short list of things that
`kadanoff.storage.writing` makes is refused, so a feature of HDF5 that nobody thought of is refused
too.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from .content import (
    ARRAY_DTYPES,
    MAX_ATTRIBUTE_BYTES,
    MAX_CHUNK_BYTES,
    MAX_DEPTH,
    MAX_ENTRIES,
    name_fault,
)

MAX_DEFLATE_RATIO = 1032
"""Deflate cannot do better: 258 bytes from 2 bits (zlib technical details)."""


class RefusedError(Exception):
    """A reason to refuse a file, worded to follow "got"."""


@dataclass(frozen=True)
class Piece:
    """Where `size` bytes of a dataset lie: the chunk from element `start` on, or all of it."""

    start: tuple[int, ...]
    position: int
    size: int


@dataclass(frozen=True)
class StoredArray:
    """A dataset that was checked: `chunk` is None where it is stored in one piece, raw."""

    name: str
    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    chunk: tuple[int, ...] | None
    pieces: tuple[Piece, ...]


class Checker:
    """One walk over an open file, with the budgets that the whole file shares.

    Parameters
    ----------
    h5py : module
    file_size : int
        Bytes of the file.
    max_inflated_bytes : int
        Memory that arrays may ask for beyond the size of the file.
    """

    def __init__(self, h5py: Any, file_size: int, max_inflated_bytes: int) -> None:
        self._h5py = h5py
        self._file_size = file_size
        self._memory = max(file_size, max_inflated_bytes)
        self._stored = file_size
        self._entries = MAX_ENTRIES
        self._seen: set[int] = set()
        plain = {dtype: h5py.h5t.py_create(dtype, logical=True) for dtype in ARRAY_DTYPES}
        self._types: dict[np.dtype[Any], Any] = plain

    def root(self, file: Any) -> dict[str, Any]:
        """Check a whole file; return its tree, with a `StoredArray` for every dataset.

        Raises
        ------
        RefusedError
            With the reason.
        """
        group = self._h5py.h5g.open(file.id, b"/")
        return self._group(group, "/", 0)

    def attribute(self, owner: Any, name: str, where: str) -> Any:
        """Check and read one attribute; `where` names it in reasons."""
        raw = name.encode()
        size = self._h5py.h5a.get_info(owner, raw).data_size
        if size > MAX_ATTRIBUTE_BYTES:
            raise RefusedError(f"an attribute of {size} bytes at {shown(where)}")
        self._take_stored(size, where)
        attribute = self._h5py.h5a.open(owner, raw)
        stored_type, space = attribute.get_type(), attribute.get_space()
        shape = self._shape(space, where)
        if len(shape) > 1 or math.prod(shape) > MAX_ATTRIBUTE_BYTES:
            raise RefusedError(f"an attribute of shape {shape} at {shown(where)}")
        if stored_type.get_class() == self._h5py.h5t.STRING:
            return self._texts(attribute, stored_type, shape, where)
        array = np.empty(shape, self._dtype(stored_type, where))
        if array.size:
            attribute.read(array)
        check_bools(array, where)
        return array.tolist()

    def _texts(self, attribute: Any, stored_type: Any, shape: tuple[int, ...], where: str) -> Any:
        if stored_type.is_variable_str() or stored_type.committed():
            raise RefusedError(f"a text of variable length at {shown(where)}")
        width = stored_type.get_size()
        if width * math.prod(shape) > MAX_ATTRIBUTE_BYTES:
            raise RefusedError(f"a text of {width * math.prod(shape)} bytes at {shown(where)}")
        array = np.empty(shape, f"S{width}")
        if array.size:
            attribute.read(array, mtype=stored_type)
        try:
            return np.char.decode(array, "utf-8").tolist()
        except UnicodeDecodeError:
            raise RefusedError(f"a text that is not UTF-8 at {shown(where)}") from None

    def _group(self, group: Any, where: str, depth: int) -> dict[str, Any]:
        if depth > MAX_DEPTH:
            raise RefusedError(f"more than {MAX_DEPTH} nested groups at {shown(where)}")
        attributes = self._names(self._h5py.h5a.get_num_attrs(group), group, where, links=False)
        links = self._names(group.get_num_objs(), group, where, links=True)
        double = set(attributes) & set(links)
        if double:
            raise RefusedError(f"two entries named {shown(where + min(double))}")
        tree = {name: self.attribute(group, name, where + name) for name in attributes}
        for name in links:
            tree[name] = self._linked(group, name, where + name, depth)
        return tree

    def _names(self, count: int, group: Any, where: str, *, links: bool) -> list[str]:
        """List the names of attributes or links in the order of their creation."""
        self._entries -= count
        if self._entries < 0:
            raise RefusedError(f"more than {MAX_ENTRIES} entries")
        found: list[bytes] = []
        if links:
            group.links.iterate(found.append)
        else:
            self._h5py.h5a.iterate(group, found.append)
        if len(found) != count or len(set(found)) != count:
            raise RefusedError(f"a damaged list of names in {shown(where)}")
        order = {}
        for raw in found:
            try:
                name = raw.decode()
            except UnicodeDecodeError:
                raise RefusedError(f"a name that is not UTF-8 in {shown(where)}") from None
            fault = name_fault(name)
            if fault:
                raise RefusedError(f"{fault} in {shown(where)}")
            info = group.links.get_info(raw) if links else self._h5py.h5a.get_info(group, raw)
            order[name] = info.corder if info.corder_valid else 0
        return sorted(order, key=order.__getitem__)

    def _linked(self, group: Any, name: str, where: str, depth: int) -> Any:
        h5l, raw = self._h5py.h5l, name.encode()
        link = group.links.get_info(raw)
        if link.type != h5l.TYPE_HARD:
            names = {h5l.TYPE_SOFT: "a soft link", h5l.TYPE_EXTERNAL: "an external link"}
            raise RefusedError(f"{names.get(link.type, 'a user-defined link')} at {shown(where)}")
        # One link to each object: no cycles, and nothing is counted or read twice.
        if link.u in self._seen:
            raise RefusedError(f"a second hard link to one object at {shown(where)}")
        self._seen.add(link.u)
        target = self._h5py.h5o.open(group, raw)
        if isinstance(target, self._h5py.h5g.GroupID):
            return self._group(target, where + "/", depth + 1)
        if isinstance(target, self._h5py.h5d.DatasetID):
            return self._dataset(target, where)
        raise RefusedError(f"a named datatype at {shown(where)}")

    def _dataset(self, dataset: Any, where: str) -> StoredArray:
        h5d = self._h5py.h5d
        # The layout comes first: to ask a virtual dataset for its shape may open other files.
        properties = dataset.get_create_plist()
        layout = properties.get_layout()
        if layout not in (h5d.CONTIGUOUS, h5d.CHUNKED):
            names = {h5d.VIRTUAL: "a virtual dataset", h5d.COMPACT: "a compact dataset"}
            raise RefusedError(f"{names.get(layout, 'an unknown layout')} at {shown(where)}")
        if properties.get_external_count() > 0:
            raise RefusedError(f"external storage at {shown(where)}")
        if self._h5py.h5a.get_num_attrs(dataset) > 0:
            raise RefusedError(f"an attribute of a dataset at {shown(where)}")
        dtype = self._dtype(dataset.get_type(), where)
        shape = self._shape(dataset.get_space(), where)
        self._take_memory(math.prod(shape) * dtype.itemsize, where)
        if layout == h5d.CONTIGUOUS:
            pieces = self._contiguous(dataset, math.prod(shape) * dtype.itemsize, where)
            return StoredArray(where, dtype, shape, None, pieces)
        self._filters(properties, where)
        chunk = tuple(properties.get_chunk())
        pieces = self._chunks(dataset, dtype.itemsize, shape, chunk, where)
        return StoredArray(where, dtype, shape, chunk, pieces)

    def _dtype(self, stored_type: Any, where: str) -> np.dtype[Any]:
        if not stored_type.committed():
            for dtype, known in self._types.items():
                if stored_type.equal(known):
                    return dtype
        raise RefusedError(f"a type that Kadanoff never writes at {shown(where)}")

    def _shape(self, space: Any, where: str) -> tuple[int, ...]:
        h5s = self._h5py.h5s
        kind = space.get_simple_extent_type()
        if kind == h5s.SCALAR:
            return ()
        if kind != h5s.SIMPLE:
            raise RefusedError(f"an empty dataspace at {shown(where)}")
        shape = tuple(int(extent) for extent in space.get_simple_extent_dims())
        if space.get_simple_extent_dims(True) != shape:
            raise RefusedError(f"an extendable shape at {shown(where)}")
        return shape

    def _filters(self, properties: Any, where: str) -> None:
        h5z = self._h5py.h5z
        count = properties.get_nfilters()
        found = [properties.get_filter(index)[0] for index in range(min(count, 3))]
        if found != [h5z.FILTER_SHUFFLE, h5z.FILTER_DEFLATE]:
            raise RefusedError(f"filters {found} instead of shuffle and gzip at {shown(where)}")

    def _contiguous(self, dataset: Any, declared: int, where: str) -> tuple[Piece, ...]:
        if declared == 0:
            return ()
        position = dataset.get_offset()
        if declared > self._file_size or position is None:
            raise RefusedError(f"{declared} declared bytes without storage at {shown(where)}")
        return (self._piece((), position, declared, where),)

    def _chunks(
        self,
        dataset: Any,
        itemsize: int,
        shape: tuple[int, ...],
        chunk: tuple[int, ...],
        where: str,
    ) -> tuple[Piece, ...]:
        """Locate the chunks, which must tile the shape and be able to hold what they declare."""
        chunk_bytes = math.prod(chunk) * itemsize
        declared = math.prod(shape) * itemsize
        if not 0 < chunk_bytes <= MAX_CHUNK_BYTES or len(chunk) != len(shape):
            raise RefusedError(f"chunks of {chunk_bytes} bytes at {shown(where)}")
        counts = [-(-extent // step) for extent, step in zip(shape, chunk, strict=True)]
        if declared > MAX_DEFLATE_RATIO * self._file_size or math.prod(counts) > self._file_size:
            raise RefusedError(f"{declared} declared bytes without storage at {shown(where)}")
        found: list[Any] = []
        dataset.chunk_iter(found.append)
        starts = {info.chunk_offset for info in found}
        if len(found) != math.prod(counts) or len(starts) != len(found):
            raise RefusedError(f"missing chunks at {shown(where)}")
        pieces = []
        for info in found:
            start = tuple(int(first) for first in info.chunk_offset)
            inside = all(
                first < extent and first % step == 0
                for first, extent, step in zip(start, shape, chunk, strict=True)
            )
            if not inside or info.filter_mask != 0:
                raise RefusedError(f"a misplaced or unfiltered chunk at {shown(where)}")
            if not chunk_bytes / MAX_DEFLATE_RATIO <= info.size <= 2 * chunk_bytes + 64:
                raise RefusedError(
                    f"{info.size} bytes for a chunk of {chunk_bytes} at {shown(where)}"
                )
            pieces.append(self._piece(start, info.byte_offset, info.size, where))
        return tuple(pieces)

    def _piece(self, start: tuple[int, ...], position: int, size: int, where: str) -> Piece:
        if position < 0 or position + size > self._file_size:
            raise RefusedError(f"data past the end of the file at {shown(where)}")
        self._take_stored(size, where)
        return Piece(start, position, size)

    def _take_stored(self, size: int, where: str) -> None:
        """Honest data do not overlap: all together they fit into the file."""
        self._stored -= size
        if self._stored < 0:
            raise RefusedError(f"more stored bytes than the file has at {shown(where)}")

    def _take_memory(self, size: int, where: str) -> None:
        self._memory -= size
        if self._memory < 0:
            raise RefusedError(f"an absurd declared size of {size} bytes at {shown(where)}")


def check_bools(array: np.ndarray[Any, Any], where: str) -> None:
    """Refuse bytes other than 0 and 1 in an array of bool: NumPy would not see them."""
    if array.dtype == np.bool_ and array.size and int(array.view(np.uint8).max()) > 1:
        raise RefusedError(f"a truth value that is neither 0 nor 1 at {shown(where)}")


def shown(text: str) -> str:
    """Quote a text that came from a file: printable, and not longer than a line."""
    return ascii(text if len(text) <= 80 else text[:77] + "...")
