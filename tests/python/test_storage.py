"""The files of the package: what goes in comes out, crashes lose nothing, strangers are refused."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import re
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import hostile_files
from kadanoff import storage
from kadanoff.errors import FileError
from kadanoff.storage import checking, content, held, replacing

SMALL = {"sweep": 1, "spins": np.arange(5, dtype=np.uint64)}


def run_python(code: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run Python code or a script in a process of its own, so that a crash of it is visible."""
    command = [sys.executable, "-X", "faulthandler"]
    command += [code] if code.endswith(".py") else ["-c", code]
    command += [str(argument) for argument in arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def names_in(folder: Path) -> list[str]:
    """List a folder, hidden files too."""
    return sorted(entry.name for entry in folder.iterdir())


def assert_same(found: Any, expected: Any) -> None:
    """Compare trees: values, types, dtypes, shapes, bits of floats, order of names."""
    assert type(found) is type(expected)
    if isinstance(expected, dict):
        scalars = [n for n, v in expected.items() if not isinstance(v, (dict, np.ndarray))]
        assert list(found) == scalars + [n for n in expected if n not in scalars]
        for name, value in expected.items():
            assert_same(found[name], value)
    elif isinstance(expected, np.ndarray):
        assert (found.dtype, found.shape) == (expected.dtype, expected.shape)
        assert found.tobytes() == expected.tobytes()
        assert found.flags.c_contiguous
        assert found.flags.writeable
    else:
        assert repr(found) == repr(expected)


# Round trips.


def test_round_trip_of_every_type(tmp_path: Path) -> None:
    path = tmp_path / "run.h5"
    hostile_files.write_good(path)
    version, tree = storage.read(path, "run", {1})
    assert version == 1
    assert_same(tree, hostile_files.good_tree())


@pytest.mark.parametrize("dtype", content.ARRAY_DTYPES, ids=str)
@pytest.mark.parametrize("shape", [(), (0,), (7,), (3, 0, 2), (2, 3, 4), (300, 301)], ids=str)
def test_round_trip_of_arrays(tmp_path: Path, dtype: np.dtype[Any], shape: tuple[int, ...]) -> None:
    bits = np.random.default_rng(1).integers(0, 256, size=(*shape, dtype.itemsize), dtype=np.uint8)
    array = np.ascontiguousarray(bits & 1 if dtype.kind == "b" else bits).view(dtype).reshape(shape)
    storage.write(tmp_path / "a", "run", 1, {"a": array})
    assert_same(storage.read(tmp_path / "a", "run", {1})[1], {"a": array})


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        (np.arange(12.0).reshape(3, 4).T, np.arange(12.0).reshape(3, 4).T.copy()),
        (np.arange(5, dtype=">i4"), np.arange(5, dtype=np.int32)),
        (np.float64(0.5), 0.5),
        (np.uint64(2**64 - 1), 2**64 - 1),
        (np.bool_(True), True),
        ((1, 2), [1, 2]),
        ([1, 2.5], [1.0, 2.5]),
        ([2**63, 0], [2**63, 0]),
        ([], []),
        ([""], [""]),
        ([True, False], [True, False]),
        (float("nan"), float("nan")),
        (float("-inf"), float("-inf")),
        (-0.0, -0.0),
        (5e-324, 5e-324),
        (-(2**63), -(2**63)),
        ("", ""),
        ("β\n\t'\"", "β\n\t'\""),
        ({}, {}),
    ],
    ids=repr,
)
def test_values_are_stored_in_one_form(tmp_path: Path, given: Any, stored: Any) -> None:
    storage.write(tmp_path / "a", "run", 1, {"value": given})
    assert_same(storage.read(tmp_path / "a", "run", {1})[1], {"value": stored})


def test_names_keep_their_order_and_many_of_them_fit(tmp_path: Path) -> None:
    names = [f"entry {(37 * i) % 100} β.h5" for i in range(100)]
    tree: dict[str, Any] = {name: i for i, name in enumerate(names)}
    tree["arrays"] = {name: np.full(3, i) for i, name in enumerate(names)}
    storage.write(tmp_path / "a", "run", 1, tree)
    assert_same(storage.read(tmp_path / "a", "run", {1})[1], tree)


def test_equal_content_gives_equal_files(tmp_path: Path) -> None:
    hostile_files.write_good(tmp_path / "a")
    hostile_files.write_good(tmp_path / "b")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_compression_is_for_large_float64_only(tmp_path: Path) -> None:
    tree = {
        "zeros": np.zeros((64, 4000)),
        "small": np.zeros(10),
        "words": np.zeros(9000, np.uint64),
    }
    storage.write(tmp_path / "a", "run", 1, tree)
    assert (tmp_path / "a").stat().st_size < 100_000
    with h5py.File(tmp_path / "a") as file:
        assert {name: file[name].chunks for name in file} == {
            "zeros": (32, 4000),
            "small": None,
            "words": None,
        }
    assert_same(storage.read(tmp_path / "a", "run", {1})[1], tree)


@pytest.mark.parametrize("shape", [(1,), (3, 200_000), (5, 131_073), (2, 3, 131_072), (70_000, 2)])
def test_chunks_hold_at_most_a_mebibyte(shape: tuple[int, ...]) -> None:
    from kadanoff.storage.writing import chunk_shape

    chunk = chunk_shape(shape, 8)
    assert all(1 <= c <= extent for c, extent in zip(chunk, shape, strict=True))
    assert 8 * int(np.prod(chunk)) <= content.MAX_CHUNK_BYTES


def test_trees_beyond_the_inflation_limit_are_not_compressed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from kadanoff.storage import writing

    monkeypatch.setattr(writing, "MAX_INFLATED_BYTES", 100_000)
    storage.write(tmp_path / "a", "run", 1, {"zeros": np.zeros(50_000)})
    storage.read(tmp_path / "a", "run", {1}, max_inflated_bytes=100_000)
    assert (tmp_path / "a").stat().st_size > 400_000


# Wrong calls change nothing.

DEEP: dict[str, Any] = {}
for _ in range(18):
    DEEP = {"deeper": DEEP}


@pytest.mark.parametrize(
    ("tree", "error", "text"),
    [
        ({"a": None}, TypeError, "expected an array, number, text, list or dict, got NoneType: /a"),
        ({"g": {"a": b"x"}}, TypeError, "got bytes: /g/a"),
        ({"a": 1j}, TypeError, "got complex: /a"),
        ({"a": np.zeros(3, complex)}, TypeError, "got ndarray of complex128: /a"),
        ({"a": np.zeros(3, "f2")}, TypeError, "got ndarray of float16: /a"),
        ({"a": np.array(["x"])}, TypeError, "got ndarray of <U1: /a"),
        ({"a": np.array([None])}, TypeError, "got ndarray of object: /a"),
        ({"a": np.ma.zeros(3)}, TypeError, "got MaskedArray of float64: /a"),
        ({"a": 2**64}, ValueError, "expected an integer of 64 bits, got 18446744073709551616: /a"),
        ({"a": -(2**63) - 1}, ValueError, "expected an integer of 64 bits"),
        ({"a": [2**63, -1]}, ValueError, "expected integers of one 64-bit type, got both ends: /a"),
        ({"a": [1, "x"]}, TypeError, "expected a list of one type, got int, str: /a"),
        ({"a": [1, True]}, TypeError, "expected a list of one type, got bool, int: /a"),
        ({"a": [[1]]}, TypeError, "got list: /a"),
        (
            {"a": [0] * 10_000},
            ValueError,
            "at most 60000 bytes (use an array), got 10000 items: /a",
        ),
        ({"a": "x" * 60_001}, ValueError, "a text of at most 60000 bytes, got 60001: /a"),
        ({"a": "x\0"}, ValueError, r"expected Unicode text without NUL, got 'x\x00': /a"),
        ({"a": "\ud800"}, ValueError, r"expected Unicode text without NUL, got '\ud800': /a"),
        ({1: 1}, TypeError, "expected a str as name, got 1 in /"),
        ({"": 1}, ValueError, "got a name of 0 bytes (1 to 200 are allowed) in /"),
        ({"x" * 201: 1}, ValueError, "got a name of 201 bytes"),
        ({"g": {"a/b": 1}}, ValueError, "got the name 'a/b' in /g/"),
        ({"..": 1}, ValueError, "got the name '..' in /"),
        ({"\ud800": 1}, ValueError, "got a name that is not Unicode text in /"),
        ({"kadanoff_kind": 1}, ValueError, "got the reserved name 'kadanoff_kind' in /"),
        (DEEP, ValueError, "expected at most 16 nested groups, got more"),
    ],
)
def test_wrong_trees(tmp_path: Path, tree: Any, error: type[Exception], text: str) -> None:
    path = tmp_path / "run.h5"
    path.write_text("old")
    with pytest.raises(error, match=re.escape(text)) as caught:
        storage.write(path, "run", 1, tree)
    assert str(caught.value).startswith("[save] expected ")
    assert path.read_text() == "old"
    assert names_in(tmp_path) == ["run.h5"]


@pytest.mark.parametrize(
    ("kind", "version", "text"),
    [
        ("", 1, "expected one ASCII word as kind, got ''"),
        ("two words", 1, "expected one ASCII word as kind"),
        ("run", -1, "expected a format version of 0 or more, got -1"),
        ("run", True, "expected a format version of 0 or more, got True"),
    ],
)
def test_wrong_headers(tmp_path: Path, kind: str, version: int, text: str) -> None:
    with pytest.raises(ValueError, match=re.escape(text)):
        storage.write(tmp_path / "a", kind, version, {})
    assert names_in(tmp_path) == []


def test_too_many_axes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(content, "MAX_NDIM", 2)  # before NumPy 2.0 no array has more than 32
    with pytest.raises(ValueError, match="expected at most 2 axes, got 3: /a"):
        storage.write(tmp_path / "a", "run", 1, {"a": np.zeros((1, 1, 1))})


def test_too_many_entries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from kadanoff.storage import writing

    tree = {"group": {str(i): i for i in range(12)}}
    monkeypatch.setattr(checking, "MAX_ENTRIES", 15)
    storage.write(tmp_path / "a", "run", 1, tree)
    with pytest.raises(FileError, match="got more than 15 entries"):
        storage.read(tmp_path / "a", "run", {1})
    monkeypatch.setattr(writing, "MAX_ENTRIES", 12)
    with pytest.raises(ValueError, match="expected at most 12 entries, got 13"):
        storage.write(tmp_path / "a", "run", 1, tree)


# The old file survives.


def test_write_replaces_and_leaves_no_temporary(tmp_path: Path) -> None:
    path = tmp_path / "run.h5"
    for number in range(3):
        storage.write(path, "run", 1, {"number": number})
        assert storage.read(path, "run", {1})[1] == {"number": number}
    assert names_in(tmp_path) == ["run.h5"]


@pytest.mark.parametrize(
    ("owner", "call"), [(os, "fsync"), (Path, "replace"), (os, "pwrite"), (os, "ftruncate")]
)
@pytest.mark.parametrize("fault", [OSError(errno.ENOSPC, "No space left"), KeyboardInterrupt()])
def test_failure_at_any_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, owner: Any, call: str, fault: BaseException
) -> None:
    path = tmp_path / "run.h5"
    storage.write(path, "run", 1, SMALL)
    old = path.read_bytes()

    def fail(*_: object) -> None:
        raise fault

    monkeypatch.setattr(owner, call, fail)
    with pytest.raises(type(fault)) as caught:
        storage.write(path, "run", 1, hostile_files.good_tree())
    monkeypatch.undo()
    if isinstance(caught.value, OSError):
        assert caught.value.errno == errno.ENOSPC
        assert caught.value.filename == str(path)
        assert "[save] expected to write the whole file, got: No space left" in str(caught.value)
    assert path.read_bytes() == old
    assert names_in(tmp_path) == ["run.h5"]


LIMITED = """
import errno, os, resource, signal, sys
import numpy as np
from kadanoff import storage
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
path, limit = sys.argv[1], int(sys.argv[2])
storage.write(path, "run", 1, {"number": 1})
old = open(path, "rb").read()
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
tree = {"a": np.arange(9e4), "b": np.ones(10**6, np.uint64), "c": {str(i): i for i in range(99)}}
try:
    storage.write(path, "run", 1, tree)
except OSError as error:
    assert error.errno == errno.EFBIG and error.filename == path, error
    assert "[save] expected to write the whole file, got: File too large" in str(error), error
else:
    raise AssertionError("written past the limit")
assert open(path, "rb").read() == old and os.listdir(os.path.dirname(path)) == ["run.h5"]
storage.write(path, "run", 1, {"number": 2})
assert storage.read(path, "run", {1})[1] == {"number": 2}
"""


@pytest.mark.parametrize("limit", [1000, 30_000, 1_000_000, 8_000_000])
def test_file_size_limit(tmp_path: Path, limit: int) -> None:
    """A real refusal by the kernel, after which the process must end without a complaint."""
    done = run_python(LIMITED, tmp_path / "run.h5", limit)
    assert (done.returncode, done.stderr) == (0, "")


def test_full_device_never_reaches_hdf5() -> None:
    """/dev/full fails every write with ENOSPC: HDF5 must close in peace, and the error be kept."""
    descriptor = os.open("/dev/full", os.O_RDWR)
    try:
        file = held.HeldFile(descriptor)
        with h5py.File(file, "w", libver="v110") as image:
            image["spins"] = np.ones(10**6)
            image.flush()
        with pytest.raises(OSError, match="No space left on device"):
            file.release()
        file.release()
    finally:
        os.close(descriptor)


def test_kill_at_any_moment(tmp_path: Path) -> None:
    """SIGKILL of a writer leaves a whole file, and its temporary goes with the next write."""
    done = run_python(hostile_files.__file__, "kill", tmp_path / "run.h5")
    assert done.returncode == 0, done.stderr
    assert names_in(tmp_path) == ["run.h5"]


def test_only_abandoned_temporaries_are_removed(tmp_path: Path) -> None:
    path = tmp_path / "run.h5"
    abandoned = tmp_path / f".run.h5.{'0' * 16}.tmp"
    others = {".other.h5." + "0" * 16 + ".tmp", ".run.h5.tmp", ".run.h5.1.tmp"}
    for name in [abandoned.name, *others]:
        (tmp_path / name).touch()
    with replacing.replacing(path):
        live = set(names_in(tmp_path)) - others
        assert len(live) == 1
        assert abandoned.name not in live
        storage.write(path, "run", 1, SMALL)
        assert set(names_in(tmp_path)) == live | others | {"run.h5"}
    assert set(names_in(tmp_path)) == others | {"run.h5"}


def test_threads_may_write_and_read_one_file(tmp_path: Path) -> None:
    path = tmp_path / "run.h5"
    storage.write(path, "run", 1, {"number": 0, "copies": np.zeros(20_000)})
    faults: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for _ in range(10):
                tree = {"number": number, "copies": np.full(20_000, float(number))}
                storage.write(path, "run", 1, tree)
                _, found = storage.read(path, "run", {1})
                assert np.all(found["copies"] == found["number"])
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert names_in(tmp_path) == ["run.h5"]


# Paths and permissions.


@pytest.fixture
def umask() -> Iterator[None]:
    old = os.umask(0o027)
    yield
    os.umask(old)


@pytest.mark.usefixtures("umask")
def test_permissions(tmp_path: Path) -> None:
    path = tmp_path / "run.h5"
    storage.write(path, "run", 1, SMALL)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    path.chmod(0o602)
    storage.write(path, "run", 1, SMALL)
    assert stat.S_IMODE(path.stat().st_mode) == 0o602


def test_symbolic_links_stay(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    link, target = tmp_path / "link.h5", tmp_path / "data" / "run.h5"
    link.symlink_to("data/run.h5")
    for number in range(2):
        storage.write(link, "run", 1, {"number": number})
        assert link.is_symlink()
        assert not target.is_symlink()
        assert storage.read(target, "run", {1})[1] == {"number": number}
    assert names_in(tmp_path / "data") == ["run.h5"]
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(OSError, match=os.strerror(errno.ELOOP)):
        storage.write(tmp_path / "loop", "run", 1, SMALL)


def test_long_names_and_paths_of_every_type(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    storage.write("x" * 255, "run", 1, SMALL)
    storage.read(Path("x" * 255), "run", {1})
    with pytest.raises(OSError, match=os.strerror(errno.ENAMETOOLONG)):
        storage.write("x" * 256, "run", 1, SMALL)
    assert names_in(tmp_path) == ["x" * 255]


def test_places_that_are_no_files(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError, match="Is a directory"):
        storage.write(tmp_path, "run", 1, SMALL)
    with pytest.raises(IsADirectoryError, match="Is a directory"):
        storage.read(tmp_path, "run", {1})
    with pytest.raises(FileNotFoundError) as caught:
        storage.write(tmp_path / "no" / "run.h5", "run", 1, SMALL)
    assert caught.value.filename == str(tmp_path / "no" / "run.h5")
    with pytest.raises(FileNotFoundError) as caught:
        storage.read(tmp_path / "no.h5", "run", {1})
    assert caught.value.filename == str(tmp_path / "no.h5")
    with pytest.raises(OSError, match="got: something that is not a regular file"):
        storage.write("/dev/null", "run", 1, SMALL)
    assert Path("/dev/null").is_char_device()
    with pytest.raises(FileError, match="got a device, pipe or socket: /dev/null"):
        storage.read("/dev/null", "run", {1})


@contextlib.contextmanager
def without_privileges() -> Iterator[Path]:
    """Give a folder of an ordinary user, and be that user: root may read and write everything."""
    root = os.geteuid() == 0
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o777)
        if root:
            os.seteuid(65534)
        try:
            yield Path(folder)
        finally:
            if root:
                os.seteuid(0)


def test_permission_errors() -> None:
    with without_privileges() as folder:
        path = folder / "run.h5"
        storage.write(path, "run", 1, SMALL)
        path.chmod(0o400)
        with pytest.raises(PermissionError, match="got: a write-protected file"):
            storage.write(path, "run", 1, {})
        assert storage.read(path, "run", {1})[1]["sweep"] == 1
        path.chmod(0)
        with pytest.raises(PermissionError, match="expected a readable file, got: Permission"):
            storage.read(path, "run", {1})
        (folder / "locked").mkdir()
        (folder / "locked").chmod(0o500)
        with pytest.raises(PermissionError, match="expected to write the whole file"):
            storage.write(folder / "locked" / "run.h5", "run", 1, SMALL)


# Files of others.


def test_kind_and_version(tmp_path: Path) -> None:
    path = tmp_path / "run.h5"
    storage.write(path, "run", 3, SMALL)
    assert storage.read(path, "run", range(2, 5))[0] == 3
    text = f"[load] expected a Kadanoff sampler file, got a Kadanoff file of kind 'run': {path}"
    with pytest.raises(FileError, match=re.escape(text)):
        storage.read(path, "sampler", {3})
    text = f"a Kadanoff run file, got the unknown format version 3 (known: 1, 2): {path}"
    with pytest.raises(FileError, match=re.escape(text)):
        storage.read(path, "run", (1, 2))


@pytest.mark.parametrize("name", hostile_files.HOSTILE)
def test_hostile_files(tmp_path: Path, name: str) -> None:
    path = tmp_path / "run.h5"
    build, reason = hostile_files.HOSTILE[name]
    hostile_files.write_good(path)
    build(path)
    with pytest.raises(FileError, match=reason) as caught:
        storage.read(path, "run", {1})
    text = str(caught.value)
    assert text.startswith("[load] expected a Kadanoff run file, got ")
    assert text.endswith(f": {path}")
    assert len(text) < 300
    assert text.isprintable()


def test_nothing_is_allocated_for_a_bomb(tmp_path: Path) -> None:
    """Address space for 512 MiB more: absurd sizes and bombs are refused within it."""
    code = """
import resource, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import hostile_files
from kadanoff import storage
from kadanoff.errors import FileError
names = [name for name in hostile_files.HOSTILE if "size" in name or "bomb" in name]
assert len(names) >= 8
path = Path(sys.argv[2])
for name in names:
    hostile_files.write_good(path)
    hostile_files.HOSTILE[name][0](path)
    path.rename(path.with_name(name))
used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 2**28, used + 2**28))
for name in names:
    try:
        storage.read(path.with_name(name), "run", {1})
        raise AssertionError(name)
    except FileError:
        pass
"""
    done = run_python(code, Path(hostile_files.__file__).parent, tmp_path / "run.h5")
    assert done.returncode == 0, done.stderr


def test_inflation_limit_is_shared_by_all_arrays(tmp_path: Path) -> None:
    path = tmp_path / "run.h5"
    storage.write(path, "run", 1, {"a": np.zeros(50_000), "b": np.zeros(50_000)})
    storage.read(path, "run", {1}, max_inflated_bytes=800_000)
    with pytest.raises(FileError, match="an absurd declared size of 400000 bytes at '/b'"):
        storage.read(path, "run", {1}, max_inflated_bytes=799_999)


def test_pieces_must_lie_in_the_file_and_not_overlap() -> None:
    checker = checking.Checker(h5py, 1000, 0)
    assert checker._piece((), 400, 600, "/a").size == 600
    with pytest.raises(checking.RefusedError, match="data past the end of the file at '/b'"):
        checker._piece((), 401, 600, "/b")
    with pytest.raises(checking.RefusedError, match="more stored bytes than the file has at '/c'"):
        checker._piece((), 0, 401, "/c")


def test_damaged_files(tmp_path: Path) -> None:
    """200 truncations and 300 damaged copies: refused, or equal where the damage is in a gap."""
    done = run_python(hostile_files.__file__, "fuzz", tmp_path / "run.h5")
    assert (done.returncode, done.stderr) == (0, "")
    results = json.loads(done.stdout)
    assert results["refused"] + results.get("equal", 0) == 500
    assert results["refused"] > 400


def test_refused_files_leave_nothing_open(tmp_path: Path) -> None:
    before = len(names_in(Path("/proc/self/fd")))
    for name in ["external link", "truncated_file", "changed array", "text_file"]:
        hostile_files.write_good(tmp_path / "run.h5")
        hostile_files.HOSTILE[name][0](tmp_path / "run.h5")
        with pytest.raises(FileError):
            storage.read(tmp_path / "run.h5", "run", {1})
    assert h5py.h5f.get_obj_count(h5py.h5f.OBJ_ALL, h5py.h5f.OBJ_FILE) == 0
    assert len(names_in(Path("/proc/self/fd"))) == before


def test_read_errors_of_the_disk_are_not_damage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "run.h5"
    storage.write(path, "run", 1, SMALL)

    def fail(*_: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "preadv", fail)
    with pytest.raises(OSError, match="expected a readable file, got: Input/output") as caught:
        storage.read(path, "run", {1})
    assert caught.value.errno == errno.EIO
    assert caught.value.filename == str(path)


# Entries.

ENTRIES = storage.Entries(
    {
        "sweep": 7,
        "beta": 0.5,
        "bad": float("nan"),
        "done": True,
        "update": "heatbath",
        "shape": [4, 6],
        "betas": [0.5, 1],
        "names": ["a"],
        "none": [],
        "spins": np.zeros((2, 3), np.uint64),
        "model": {"lattice": "square"},
    },
    "state.h5",
)


def test_entries_give_checked_values() -> None:
    assert ENTRIES.integer("sweep", 0, 7) == 7
    assert ENTRIES.real("beta", 0.5, 0.5) == 0.5
    assert type(ENTRIES.real("sweep")) is float
    assert ENTRIES.flag("done") is True
    assert ENTRIES.text("update", ("heatbath", "metropolis")) == "heatbath"
    assert ENTRIES.integers("shape", 1) == [4, 6]
    assert ENTRIES.integers("none") == []
    assert ENTRIES.reals("betas") == [0.5, 1.0]
    assert ENTRIES.texts("names") == ["a"]
    assert ENTRIES.array("spins", np.uint64, (None, 3)) is ENTRIES.array("spins", "u8")
    assert ENTRIES.group("model").text("lattice") == "square"
    assert ENTRIES.plain("model") == {"lattice": "square"}
    assert "sweep" in ENTRIES
    assert "x" not in ENTRIES
    assert ENTRIES.names[0] == "sweep"


@pytest.mark.parametrize(
    ("method", "arguments", "text"),
    [
        (
            "integer",
            ("x",),
            "expected an integer from -9223372036854775808 to 18446744073709551615",
        ),
        ("integer", ("x", 0, 9), "expected an integer from 0 to 9 as '/x', got nothing: state.h5"),
        ("integer", ("sweep", 0, 6), "as '/sweep', got 7: state.h5"),
        ("integer", ("done",), "as '/done', got True: state.h5"),
        ("integer", ("beta",), "as '/beta', got 0.5: state.h5"),
        ("real", ("bad",), "expected a finite real number as '/bad', got nan: state.h5"),
        (
            "real",
            ("beta", 0.6),
            "expected a finite real number from 0.6 to inf as '/beta', got 0.5",
        ),
        ("real", ("done",), "as '/done', got True"),
        ("flag", ("sweep",), "expected true or false as '/sweep', got 7: state.h5"),
        ("text", ("sweep",), "expected a text as '/sweep', got 7: state.h5"),
        ("text", ("update", ("a", "b")), "expected one of a, b as '/update', got 'heatbath'"),
        ("integers", ("betas", 0, 9), "expected a list of integers from 0 to 9 as '/betas'"),
        ("reals", ("names",), "expected a list of finite real numbers as '/names', got ['a']"),
        ("texts", ("shape",), "expected a list of texts as '/shape', got [4, 6]: state.h5"),
        ("array", ("sweep", "f8"), "expected an array of float64 as '/sweep', got 7: state.h5"),
        (
            "array",
            ("spins", "u8", (2, None, 4)),
            "expected an array of shape (2, any, 4) of uint64 as '/spins', "
            "got an array of shape (2, 3) of uint64: state.h5",
        ),
        ("array", ("spins", "u8", (6,)), "expected an array of shape (6,) of uint64 as"),
        ("array", ("spins", "u8", (2, 4)), "got an array of shape (2, 3) of uint64"),
        ("array", ("spins", "i8", (2, 3)), "of int64 as '/spins', got an array of"),
        ("group", ("spins",), "expected a group as '/spins', got an array of shape (2, 3)"),
        ("text", ("model",), "expected a text as '/model', got a group: state.h5"),
    ],
)
def test_entries_refuse(method: str, arguments: tuple[Any, ...], text: str) -> None:
    with pytest.raises(FileError, match=re.escape("[load] ")) as caught:
        getattr(ENTRIES, method)(*arguments)
    assert text in str(caught.value)


def test_nested_entries_name_their_place() -> None:
    with pytest.raises(FileError, match=r"as '/model/extent', got nothing: state\.h5"):
        ENTRIES.group("model").integer("extent")


def test_h5py_is_imported_at_first_use_only() -> None:
    code = "import sys, kadanoff.storage; sys.exit('h5py' in sys.modules)"
    assert run_python(code).returncode == 0
