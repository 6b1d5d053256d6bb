"""Files that a reader must refuse, each with the reason that it must give.

Every builder takes a path where a good file stands already and turns it into a hostile one. Run as
a script, this file fuzzes the reader in a process of its own, where a crash is seen as a crash.
"""

from __future__ import annotations

import json
import os
import random
import sys
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

import h5py
import numpy as np

from kadanoff import storage
from kadanoff.errors import FileError

Builder = Callable[[Path], None]
HOSTILE: dict[str, tuple[Builder, str]] = {}


def good_tree() -> dict[str, Any]:
    """Return a small tree with a value of every type."""
    return {
        "sweep": 2**64 - 1,
        "offset": -5,
        "beta": 0.44,
        "done": True,
        "update": "heat bath β",
        "shape": [16, 16],
        "names": ["energy", "m²"],
        "betas": [0.1, -0.0],
        "spins": np.arange(40, dtype=np.uint64).reshape(4, 10),
        "mask": np.array([True, False, True]),
        "model": {"lattice": "square", "nested": {"coupling": 1.5, "empty": np.zeros((0, 3))}},
        "energy": np.round(np.random.default_rng(5).normal(size=(3, 50_000)), 2),
    }


def write_good(path: Path) -> None:
    """Write the good file that the builders start from."""
    storage.write(path, "run", 1, good_tree())


def hostile(reason: str) -> Callable[[Builder], Builder]:
    """Enter a builder into the table with (a regular expression of) the reason to refuse it."""

    def enter(builder: Builder) -> Builder:
        HOSTILE[builder.__name__] = (builder, reason)
        return builder

    return enter


def edit(name: str, reason: str) -> Callable[[Callable[[Any], None]], None]:
    """Enter a hostile file that is made by changing the good one through h5py."""

    def enter(change: Callable[[Any], None]) -> None:
        def build(path: Path) -> None:
            with h5py.File(path, "r+") as file:
                change(file)

        HOSTILE[name] = (build, reason)

    return enter


def dataset(name: str, reason: str, **options: Any) -> None:
    """Enter a file with one more dataset, of these options."""
    edit(name, reason)(lambda file: file.create_dataset("extra", **options))


def attribute(name: str, reason: str, value: Any, **options: Any) -> None:
    """Enter a file with one more attribute."""
    edit(name, reason)(lambda file: file.attrs.create("extra", value, **options))


def header(name: str, reason: str, attribute: str, value: Any) -> None:
    """Enter a file whose root attribute is changed, or missing for None."""

    def change(file: Any) -> None:
        del file.attrs[attribute]
        if value is not None:
            file.attrs[attribute] = value

    edit(name, reason)(change)


# Links.


@edit("external link", r"an external link at '/extra'")
def _(file: Any) -> None:
    file["extra"] = h5py.ExternalLink("/outside.h5", "/spins")


@edit("external link in a group", r"an external link at '/model/nested/extra'")
def _(file: Any) -> None:
    file["model/nested/extra"] = h5py.ExternalLink("/outside.h5", "/")


@edit("external link for a known name", r"an external link at '/spins'")
def _(file: Any) -> None:
    del file["spins"]
    file["spins"] = h5py.ExternalLink("/outside.h5", "/spins")


@edit("soft link inside", r"a soft link at '/extra'")
def _(file: Any) -> None:
    file["extra"] = h5py.SoftLink("/spins")


@edit("soft link to nothing", r"a soft link at '/model/extra'")
def _(file: Any) -> None:
    file["model/extra"] = h5py.SoftLink("/../../nothing")


@edit("second hard link", r"a second hard link to one object at '/spins'|at '/extra'")
def _(file: Any) -> None:
    file["extra"] = file["spins"]


@edit("cycle through the root", r"a second hard link to one object at '/model/extra/")
def _(file: Any) -> None:
    file["model/extra"] = file["/"]


@edit("cycle of a group", r"a second hard link to one object at '/model/nested/extra")
def _(file: Any) -> None:
    file["model/nested/extra"] = file["model"]


@edit("named datatype", r"a named datatype at '/extra'")
def _(file: Any) -> None:
    file["extra"] = np.dtype("f8")


@edit(
    "dataset of a named datatype", r"a type that Kadanoff never writes at '/extra'|named datatype"
)
def _(file: Any) -> None:
    file["type"] = np.dtype("f8")
    file.create_dataset("extra", data=np.zeros(3), dtype=file["type"])


# Where the bytes are.

dataset(
    "external storage",
    r"external storage at '/extra'",
    shape=(100,),
    dtype="f8",
    external=[("/outside.raw", 0, 800)],
)


@edit("virtual dataset", r"a virtual dataset at '/extra'")
def _(file: Any) -> None:
    layout = h5py.VirtualLayout(shape=(100,), dtype="f8")
    layout[:] = h5py.VirtualSource("/outside.h5", "data", shape=(100,))
    file.create_virtual_dataset("extra", layout)


@edit("virtual dataset of itself", r"a virtual dataset at '/extra'")
def _(file: Any) -> None:
    layout = h5py.VirtualLayout(shape=(4, 10), dtype="u8")
    layout[:] = h5py.VirtualSource(".", "spins", shape=(4, 10))
    file.create_virtual_dataset("extra", layout)


@edit("compact dataset", r"a compact dataset at '/extra'")
def _(file: Any) -> None:
    properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    properties.set_layout(h5py.h5d.COMPACT)
    space = h5py.h5s.create_simple((4,))
    h5py.h5d.create(file.id, b"extra", h5py.h5t.IEEE_F64LE, space, properties)


# Sizes.

dataset(
    "absurd size", r"an absurd declared size of 9007199254740992 bytes", shape=2**50, dtype="f8"
)
dataset(
    "absurd size in all axes",
    r"an absurd declared size of \d+ bytes at '/extra'",
    shape=(2**31, 2**31),
    dtype="u1",
)
dataset("size without storage", r"declared bytes without storage", shape=(2**28,), dtype="f8")
dataset("small size without storage", r"bytes without storage at", shape=(3,), dtype="f8")
PIPELINE: dict[str, Any] = {"shuffle": True, "compression": "gzip"}
dataset(
    "absurd chunked size",
    r"an absurd declared size of \d+ bytes at '/extra'",
    shape=(2**50,),
    dtype="f8",
    chunks=(2**17,),
    **PIPELINE,
)
dataset(
    "chunked size that deflate cannot reach",
    r"declared bytes without storage at '/extra'",
    shape=(2**28,),
    dtype="f8",
    chunks=(2**17,),
    **PIPELINE,
)
dataset(
    "missing chunks",
    r"missing chunks at '/extra'",
    shape=(2**19,),
    dtype="f8",
    chunks=(2**17,),
    **PIPELINE,
)
dataset(
    "large chunks",
    r"chunks of 2097152 bytes at '/extra'",
    data=np.zeros(2**18),
    chunks=(2**18,),
    **PIPELINE,
)
dataset(
    "extendable",
    r"an extendable shape at '/extra'",
    data=np.zeros(10),
    chunks=(10,),
    maxshape=(None,),
    **PIPELINE,
)


def raw_chunk(name: str, reason: str, payload: bytes, mask: int = 0) -> None:
    """Enter a file with a dataset of one chunk of 800 000 bytes that is stored as `payload`."""

    def change(file: Any) -> None:
        extra = file.create_dataset("extra", (100_000,), "f8", chunks=(100_000,), **PIPELINE)
        extra.id.write_direct_chunk((0,), payload, mask)

    edit(name, reason)(change)


raw_chunk(
    "decompression bomb",
    r"compressed data of a wrong size at '/extra'",
    zlib.compress(bytes(2**28), 9),
)
raw_chunk("chunk too small for its size", r"100 bytes for a chunk of 800000 at", bytes(100))
raw_chunk("chunk too large for its size", r"2000000 bytes for a chunk of 800000", bytes(2_000_000))
raw_chunk("chunk that is not zlib", r"damaged compressed data at '/extra'", bytes(2000))
raw_chunk("short chunk", r"compressed data of a wrong size", zlib.compress(os.urandom(1000)))
raw_chunk("unfiltered chunk", r"a misplaced or unfiltered chunk at '/extra'", bytes(800_000), 1)
attribute("large attribute", r"an attribute of 80000 bytes at '/extra'", np.zeros(10_000))
attribute("attribute of two axes", r"an attribute of shape \(2, 2\)", np.zeros((2, 2)))


@edit("deep nesting", r"more than 16 nested groups at")
def _(file: Any) -> None:
    file.create_group("/".join(["deep"] * 20))


# Types and filters.

NEVER = r"a type that Kadanoff never writes at '/extra'"
dataset("object references", NEVER, shape=(3,), dtype=h5py.ref_dtype)
dataset("region references", NEVER, shape=(3,), dtype=h5py.regionref_dtype)
dataset("variable-length integers", NEVER, shape=(3,), dtype=h5py.vlen_dtype(np.int32))
dataset("variable-length texts", NEVER, shape=(3,), dtype=h5py.string_dtype())
dataset("compound type", NEVER, shape=(3,), dtype=[("a", "f8"), ("b", "i4")])
dataset("array type", NEVER, shape=(3,), dtype=np.dtype(("f8", (2**10,))))
dataset("other enumeration", NEVER, shape=(3,), dtype=h5py.enum_dtype({"UP": 1, "DOWN": 0}, "i1"))
dataset("big-endian", NEVER, data=np.zeros(3, ">f8"))
dataset("half precision", NEVER, data=np.zeros(3, "f2"))
dataset("opaque type", NEVER, data=np.zeros(3, "V8"))
dataset("empty dataspace", r"an empty dataspace at '/extra'", data=h5py.Empty("f8"))
FILTERS = r"filters \[[\d, ]+\] instead of shuffle and gzip at '/extra'"
dataset("lzf", FILTERS, data=np.zeros(9), compression="lzf", shuffle=True)
dataset("gzip without shuffle", FILTERS, data=np.zeros(9), compression="gzip")
dataset("checksum filter", FILTERS, data=np.zeros(9), fletcher32=True, **PIPELINE)
dataset("scale-offset", FILTERS, data=np.zeros(9, int), scaleoffset=0)
dataset("no filter", r"filters \[\] instead of", data=np.zeros(9), chunks=(9,))
attribute("text of variable length", r"a text of variable length at '/extra'", "text")
attribute("attribute reference", NEVER, h5py.Reference(), dtype=h5py.ref_dtype)
attribute("empty attribute", r"an empty dataspace at '/extra'", h5py.Empty("f8"))
attribute("text that is not UTF-8", r"a text that is not UTF-8 at '/extra'", np.bytes_(b"\xff"))


@edit("unknown filter", r"filters \[32000, 1\] instead of|filters \[\d+\] instead of")
def _(file: Any) -> None:
    properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    properties.set_chunk((4,))
    properties.set_filter(h5py.h5z.FILTER_LZF, h5py.h5z.FLAG_OPTIONAL)
    properties.set_deflate(1)
    space = h5py.h5s.create_simple((4,))
    h5py.h5d.create(file.id, b"extra", h5py.h5t.IEEE_F64LE, space, properties)


@edit("deflate twice", r"filters \[2, 1, 1\] instead of shuffle and gzip")
def _(file: Any) -> None:
    properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    properties.set_chunk((4,))
    properties.set_shuffle()
    properties.set_deflate(1)
    properties.set_deflate(1)
    space = h5py.h5s.create_simple((4,))
    h5py.h5d.create(file.id, b"extra", h5py.h5t.IEEE_F64LE, space, properties)


@edit("truth value 2", r"a truth value that is neither 0 nor 1 at '/mask'")
def _(file: Any) -> None:
    values = np.array([0, 2, 1], np.uint8).view(bool)
    file["mask"].id.write(h5py.h5s.ALL, h5py.h5s.ALL, values)


@edit("attribute of a dataset", r"an attribute of a dataset at '/spins'")
def _(file: Any) -> None:
    file["spins"].attrs["extra"] = 1


# Names.


@edit("attribute and dataset of one name", r"two entries named '/spins'")
def _(file: Any) -> None:
    file.attrs["spins"] = 1


@edit("name that is not UTF-8", r"a name that is not UTF-8 in '/'")
def _(file: Any) -> None:
    h5py.h5g.create(file.id, b"\xff\xfe")


@edit("name of two dots", r"the name '..' in '/'")
def _(file: Any) -> None:
    h5py.h5g.create(file.id, b"..")


@edit("long name", r"a name of 5000 bytes \(1 to 200 are allowed\) in '/model/'")
def _(file: Any) -> None:
    file["model"].create_group("x" * 5000)


@edit("attribute name with a slash", r"the name 'a/b' in '/'")
def _(file: Any) -> None:
    file.attrs["a/b"] = 1


# Header and content.

FIXED = h5py.string_dtype("ascii", 3)
header(
    "no kind", r"a foreign HDF5 file \(it has no attribute kadanoff_kind\)", "kadanoff_kind", None
)
header("kind of another type", r"a foreign HDF5 file \(its kadanoff_kind is", "kadanoff_kind", 3)
header("other kind", r"a Kadanoff file of kind 'fun'", "kadanoff_kind", np.array(b"fun", FIXED))
header("no version", r"no attribute kadanoff_format_version", "kadanoff_format_version", None)
header("version of another type", r"its kadanoff_format_version is", "kadanoff_format_version", 1.0)
header("later version", r"unknown format version 99 \(known: 1\)", "kadanoff_format_version", 99)
header("negative version", r"the unknown format version -1", "kadanoff_format_version", -1)
header("no digest", r"no attribute kadanoff_digest", "kadanoff_digest", None)
header("other digest", r"digest mismatch", "kadanoff_digest", np.bytes_(b"0" * 32))


@edit("changed array", r"damaged content \(digest mismatch\)")
def _(file: Any) -> None:
    file["spins"][0, 0] = 1


@edit("changed scalar", r"digest mismatch")
def _(file: Any) -> None:
    file.attrs.modify("beta", np.float64(0.45))


@edit("renamed entry", r"digest mismatch")
def _(file: Any) -> None:
    file.move("spins", "spin")


@edit("entry removed", r"digest mismatch")
def _(file: Any) -> None:
    del file["mask"]


# Files that are not ours at all.


@hostile(r"an empty file")
def empty_file(path: Path) -> None:
    path.write_bytes(b"")


@hostile(r"a file that is not HDF5")
def text_file(path: Path) -> None:
    path.write_text("spins: up\n" * 100)


@hostile(r"a file that is not HDF5")
def user_block(path: Path) -> None:
    path.write_bytes(bytes(512) + path.read_bytes())


@hostile(r"a file that is not HDF5")
def real_user_block(path: Path) -> None:
    with h5py.File(path, "w", userblock_size=512, libver="v110") as file:
        file["spins"] = np.arange(4)


@hostile(r"a foreign HDF5 file \(its superblock is not of version 3\)")
def foreign_file(path: Path) -> None:
    with h5py.File(path, "w") as file:
        file["spins"] = np.arange(4)


@hostile(r"a foreign HDF5 file \(it has no attribute kadanoff_kind\)")
def foreign_new_file(path: Path) -> None:
    with h5py.File(path, "w", libver="v110") as file:
        file["spins"] = np.arange(4)


@hostile(r"a truncated or damaged HDF5 file")
def truncated_file(path: Path) -> None:
    os.truncate(path, path.stat().st_size - 1)


@hostile(r"a truncated or damaged HDF5 file")
def only_a_signature(path: Path) -> None:
    os.truncate(path, 9)


@hostile(r"a device, pipe or socket")
def pipe_that_nobody_writes(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


# Fuzzing.


def mutations(image: bytes, truncations: int, flips: int) -> Iterator[bytes]:
    """Yield prefixes of `image`, all of the shortest, and copies with one to three changed bits."""
    generator = random.Random(20)
    lengths = [*range(min(64, truncations))]
    lengths += [generator.randrange(len(image)) for _ in range(truncations - len(lengths))]
    for length in lengths:
        yield image[:length]
    for _ in range(flips):
        copy = bytearray(image)
        for _ in range(generator.randint(1, 3)):
            # Metadata lie in the first and the last part, where damage is the more dangerous.
            span = generator.choice([len(image), min(len(image), 4096)])
            copy[generator.randrange(span)] ^= 1 << generator.randrange(8)
        yield bytes(copy)


def fuzz(path: Path, truncations: int, flips: int) -> Counter[str]:
    """Read damaged copies of the file at `path`; only a FileError or equal data may result."""
    _, tree = storage.read(path, "run", {1})
    expected = storage.content.digest("run", 1, tree)
    results: Counter[str] = Counter()
    for image in mutations(path.read_bytes(), truncations, flips):
        path.write_bytes(image)
        try:
            _, tree = storage.read(path, "run", {1})
        except FileError as error:
            if str(path) not in str(error):
                raise AssertionError("the error does not name the file") from error
            results["refused"] += 1
        else:
            if storage.content.digest("run", 1, tree) != expected:
                raise AssertionError("damaged data were taken for good ones")
            results["equal"] += 1
    return results


def write_for_ever(path: Path, number: int) -> NoReturn:
    """Write files with growing numbers until somebody kills this process."""
    try:
        while True:
            number += 1
            copies = np.full(50_000, number, np.int64)
            storage.write(path, "run", 1, {"number": number, "copies": copies})
    finally:
        os._exit(1)


def kill_rounds(path: Path, rounds: int) -> None:
    """Kill a process that writes `path` again and again, at random moments.

    Every child goes on from the number in the file, which may only grow, and its array must agree.
    """
    generator = random.Random(3)
    storage.write(path, "run", 1, {"number": 0, "copies": np.zeros(50_000, np.int64)})
    last, leftovers = 0, 0
    for _ in range(rounds):
        child = os.fork()
        if child == 0:
            write_for_ever(path, last)
        time.sleep(generator.uniform(0.0, 0.03))
        os.kill(child, 9)
        os.waitpid(child, 0)
        leftovers = max(leftovers, len(list(path.parent.iterdir())) - 1)
        _, tree = storage.read(path, "run", {1})
        if tree["number"] < last or np.any(tree["copies"] != tree["number"]):
            raise AssertionError(f"the file holds {tree['number']} after {last}")
        last = tree["number"]
    storage.write(path, "run", 1, {"number": last})
    if leftovers == 0:
        raise AssertionError("no process was killed while it wrote")
    print(f"{last} files written, at most {leftovers} temporaries at a time")


if __name__ == "__main__":
    job, target = sys.argv[1], Path(sys.argv[2])
    if job == "fuzz":
        write_good(target)
        print(json.dumps(fuzz(target, 200, 300)))
    else:
        kill_rounds(target, 40)
