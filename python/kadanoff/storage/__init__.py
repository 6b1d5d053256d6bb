"""HDF5 files that survive crashes and may come from strangers.

`write` puts a tree of plain values and arrays in place of a file, all or nothing. `read` gives the
tree back, or refuses the file with a `kadanoff.errors.FileError` before a single array is
allocated. `Entries` turns a tree that was read into checked values.

Notes
-----
A Kadanoff file is an HDF5 file (superblock version 3, no user block). Groups are dictionaries,
scalars, texts and lists are attributes, arrays are datasets. The root carries the attributes
``kadanoff_kind``, ``kadanoff_format_version`` and ``kadanoff_digest``; the last is the BLAKE2b of
the content (see `kadanoff.storage.content.digest`). Equal content gives equal files, byte for byte.

Threads may use this package at once. What is refused stands in `kadanoff.storage.checking`, every
limit in `kadanoff.storage.content`.

The metadata are parsed by the HDF5 library, the arrays are not. Damage by accident is caught by the
checksums of the metadata; a file whose author forged these can reach whatever bugs the installed
library has, so read the files of strangers with a current h5py.
"""

from __future__ import annotations

from .content import MAX_INFLATED_BYTES
from .entries import Entries
from .reading import kind_of, read
from .writing import write

__all__ = ["MAX_INFLATED_BYTES", "Entries", "kind_of", "read", "write"]
