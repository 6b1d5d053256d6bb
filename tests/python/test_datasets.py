"""Data sets: digits, patterns, configurations, IDX files, and wrong calls."""

from __future__ import annotations

import gzip
import pickle
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kadanoff as kd

NAN, INF = float("nan"), float("inf")
IDX_DTYPES = ("uint8", "int8", "int16", "int32", "float32", "float64")
TEMPERATURES = (1.8, 2.27, 3.0)


def samples() -> kd.datasets.Dataset:
    return kd.datasets.Dataset(np.eye(5, 6, dtype=np.uint8), np.arange(5), (2, 3))


def test_digits_are_those_of_scikit_learn() -> None:
    raw = pytest.importorskip("sklearn.datasets").load_digits()
    data = kd.datasets.digits()
    assert (data.data.shape, data.data.dtype, data.sample_shape) == ((1797, 64), np.uint8, (8, 8))
    assert (data.images == (raw.images > 8)).all()
    assert (data.labels == raw.target).all()
    assert data.labels.dtype == np.int64
    assert (kd.datasets.digits(threshold=0.25).data == (raw.data > 4)).all()
    assert (kd.datasets.digits(threshold=0).data == (raw.data > 0)).all()
    grey = kd.datasets.digits(threshold=None).data
    assert grey.dtype == np.float32
    assert (grey * 16 == raw.data).all()


def test_digits_without_scikit_learn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    text = "[digits] expected scikit-learn, got none: pip install 'kadanoff[sklearn]'"
    with pytest.raises(ImportError, match=re.escape(text)):
        kd.datasets.digits()


def test_a_split_gives_every_sample_to_one_side() -> None:
    data = kd.datasets.Dataset(np.eye(100, dtype=np.uint8), np.arange(100), (10, 10))
    train, test = data.split(0.25, seed=3)
    assert (len(train), len(test)) == (75, 25)
    assert sorted([*train.labels, *test.labels]) == list(range(100))
    for part in (train, test):
        assert (part.data.argmax(axis=1) == part.labels).all()
        assert part.images.shape[1:] == (10, 10)
    again = data.split(0.25, seed=3)
    assert (again[0].labels == train.labels).all()
    assert set(data.split(0.25, seed=4)[1].labels) != set(test.labels)


def test_rows_of_a_data_set() -> None:
    data = samples()
    assert data[1:3].labels.tolist() == [1, 2]
    assert data[data.labels > 2].images.shape == (2, 2, 3)
    assert data[np.array([4, 4, 0])].labels.tolist() == [4, 4, 0]
    assert repr(data) == "Dataset(5 samples of shape (2, 3), uint8)"
    assert (pickle.loads(pickle.dumps(data)).data == data.data).all()
    assert np.asarray(data) is data.data
    assert data.shape == (5, 6)
    assert np.array(data).flags.writeable
    assert np.asarray(data, dtype=float).dtype == float
    with pytest.raises(ValueError, match="read-only"):
        data.data[0, 0] = 0
    with pytest.raises(AttributeError):
        data.labels = data.labels


@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 5), (3, 2), (2, 3), (4, 4), (6, 7)])
def test_bars_and_stripes_are_all_there_once(height: int, width: int) -> None:
    patterns = kd.datasets.bars_and_stripes(height, width)
    assert patterns.dtype == np.uint8
    assert len(patterns) == 2**height + 2**width - 2 == len({row.tobytes() for row in patterns})
    images = patterns.reshape(-1, height, width)
    uniform_rows = (images == images[:, :, :1]).all(axis=(1, 2))
    uniform_columns = (images == images[:, :1]).all(axis=(1, 2))
    assert (uniform_rows | uniform_columns).all()
    assert not images[0].any()
    assert images[2**height - 1].all()


def energy_scores(data: kd.datasets.IsingDataset) -> list[float]:
    """Deviations of the mean energies from Kaufman's, in standard errors of independent draws."""
    scores = []
    model = kd.Ising(kd.Square(data.sample_shape))
    for temperature in np.unique(data.temperatures):
        energies = model.energy(data.spins[data.temperatures == temperature])
        exact = kd.exact.kaufman(data.sample_shape, 1 / temperature)
        expected = exact.energy * exact.n_sites
        scores.append((energies.mean() - expected) * len(energies) ** 0.5 / energies.std(ddof=1))
    return scores


@pytest.mark.parametrize(("shape", "count"), [((8, 8), 4000), ((6, 11), 4000), ((48, 48), 400)])
def test_configurations_have_exact_energies(shape: tuple[int, int], count: int) -> None:
    data = kd.datasets.ising(kd.Square(shape), TEMPERATURES, count, seed=1)
    assert max(map(abs, energy_scores(data))) < 4


def test_a_wrong_temperature_and_a_cold_start_are_noticed() -> None:
    # 10000 draws at 8 x 8 know the energy to 0.08 to 0.3 %; 2 % in T shift it by 12 of these.
    hot = kd.datasets.ising(kd.Square(8), [1.02 * each for each in TEMPERATURES], 10_000)
    told = np.repeat(TEMPERATURES, 10_000)
    data = kd.datasets.IsingDataset(hot.data, hot.labels, hot.sample_shape, told)
    assert min(map(abs, energy_scores(data))) > 8
    cold = kd.datasets.ising(kd.Square(16), 2.27, 1500, sweeps=5)
    assert abs(energy_scores(cold)[0]) > 8


def test_configurations_are_independent_and_of_both_signs() -> None:
    data = kd.datasets.ising(kd.Square(8), [1.8], 4000, seed=2)
    means = data.data.mean(axis=1)
    # Energies and magnetisations of neighbouring rows are uncorrelated; 0.07 would be seen.
    for series in (means, kd.Ising(kd.Square(8)).energy(data.spins)):
        assert abs(np.corrcoef(series[1:], series[:-1])[0, 1]) < 4 / 4000**0.5
    assert abs((means > 0).sum() - (means < 0).sum()) < 4 * 4000**0.5


def test_configurations_as_rows_and_as_lattices() -> None:
    lattice = kd.Honeycomb((3, 4))
    data = kd.datasets.ising(lattice, [5.0, 1.0, 5.0], 3, seed=2**64 - 1, threads=2)
    assert (data.data.shape, data.spins.shape, data.sample_shape) == (
        (9, 24),
        (9, 3, 4, 2),
        (3, 4, 2),
    )
    assert (data.data.dtype, data.bits.dtype) == (np.int8, np.uint8)
    assert set(np.unique(data.data)) == {-1, 1}
    assert (2 * data.bits.astype(int) - 1 == data.data).all()
    assert data.labels.tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2]
    assert data.temperatures.tolist() == [5.0, 5.0, 5.0, 1.0, 1.0, 1.0, 5.0, 5.0, 5.0]
    train, test = data.split(1 / 3, seed=1)
    for part in (train, test):
        assert (part.temperatures == np.array([5.0, 1.0, 5.0])[part.labels]).all()
    again = kd.datasets.ising(lattice, [5.0, 1.0, 5.0], 3, seed=2**64 - 1, threads=1)
    assert (again.spins == data.spins).all()
    kd.GibbsSampler(kd.RBM(np.zeros((24, 2)), visible_units="spin"), 9).visible = data.data
    kd.GibbsSampler(kd.RBM(np.zeros((24, 2))), 9).visible = data.bits


@pytest.mark.parametrize("lattice", [kd.Chain(2), kd.Cubic((2, 3, 4)), kd.Graph([[0, 2]], 3)])
def test_configurations_of_other_lattices(lattice: kd.Chain) -> None:
    data = kd.datasets.ising(lattice, 2.0, 4000, seed=3)
    energies = kd.Ising(lattice).energy(data.spins)
    exact = kd.exact.enumerate(kd.Ising(lattice), 0.5).energy * lattice.n_sites
    assert abs(energies.mean() - exact) < 4 * energies.std() / 4000**0.5


@pytest.mark.parametrize("dtype", IDX_DTYPES)
@pytest.mark.parametrize("end", ["", ".gz"])
def test_idx_files_give_back_what_was_written(tmp_path: Path, dtype: str, end: str) -> None:
    wide = np.random.default_rng(1).integers(-100, 100, (6, 3, 8))
    path = tmp_path / f"array{end}"
    for array in (wide[::2, :, ::-3], wide[:0], wide[0, 0], wide.transpose()):
        kd.datasets.write_idx(path, array.astype(dtype))
        read = kd.datasets.read_idx(path)
        assert (read.dtype, read.shape) == (np.dtype(dtype), array.shape)
        assert read.dtype.isnative
        assert (read == array.astype(dtype)).all()
    assert (path.read_bytes()[:2] == b"\x1f\x8b") == (end == ".gz")
    kd.datasets.write_idx(path, wide.astype(dtype).astype(np.dtype(dtype).newbyteorder(">")))
    assert (kd.datasets.read_idx(path) == wide.astype(dtype)).all()


def test_an_idx_file_byte_by_byte(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(bytes.fromhex("00000b02 00000001 00000002 fffe 0102"))
    assert kd.datasets.read_idx(path).tolist() == [[-2, 258]]
    path.write_bytes(gzip.compress(bytes.fromhex("00000d01 00000001 3fc00000")))
    assert kd.datasets.read_idx(str(path)).tolist() == [1.5]


def header(code: int, *extents: int) -> bytes:
    return bytes([0, 0, code, len(extents)]) + np.array(extents, dtype=">u4").tobytes()


ZIPPED = gzip.compress(header(8, 9) + bytes(9), mtime=0)
IDX_FILES: list[tuple[bytes, str]] = [
    (b"", "an IDX file, got an empty one"),
    (b"\0\0", "an IDX file, got one that begins with 0x0000"),
    (b"\x89PNG", "an IDX file, got one that begins with 0x89504e47"),
    (
        header(0x0A, 1) + b"1",
        "a type among 0x08, 0x09, 0x0b, 0x0c, 0x0d, 0x0e, got 0x0a",
    ),
    (header(8), "1 to 32 axes, got 0"),
    (header(8, *[1] * 33), "1 to 32 axes, got 33"),
    (header(8, 1, 2)[:-1], "2 extents of 4 bytes, got 7 bytes"),
    (header(8, 2, 3) + bytes(5), "6 bytes for shape (2, 3) of uint8, got 5"),
    (header(8, 2, 3) + bytes(7), "6 bytes for shape (2, 3) of uint8, got more"),
    (header(8, 0) + bytes(1), "0 bytes for shape (0,) of uint8, got more"),
    (header(14, 2) + bytes(9), "16 bytes for shape (2,) of float64, got 9"),
    (
        header(8, 2**16, 2**16) + b"1",
        "4294967296 bytes for shape (65536, 65536) of uint8, got 1",
    ),
    (
        header(9, 2**16, 2**16 + 1),
        "at most 4294967296 bytes, got shape (65536, 65537) of int8",
    ),
    (
        header(12, 0, 2**31),
        "at most 4294967296 bytes, got shape (0, 2147483648) of int32",
    ),
    (ZIPPED[:-9], "a whole gzip file, got a truncated one"),
    (ZIPPED[:-8] + bytes(8), "a whole gzip file, got a damaged one"),
    (ZIPPED[:10] + b"\xff" + ZIPPED[11:], "a whole gzip file, got a damaged one"),
    (ZIPPED + b"junk", "a whole gzip file, got a damaged one"),
    (b"\x1f\x8b", "a whole gzip file, got a truncated one"),
    (gzip.compress(b"\0", mtime=0), "an IDX file, got one that begins with 0x00"),
    (
        gzip.compress(header(8, 2**16, 2**16) + b"1", mtime=0),
        "4294967296 bytes for shape (65536, 65536) of uint8, got 1",
    ),
    (
        gzip.compress(header(8, 3) + bytes(2**20), mtime=0),
        "3 bytes for shape (3,) of uint8, got more",
    ),
]


@pytest.mark.parametrize(("content", "text"), IDX_FILES)
def test_wrong_idx_files(tmp_path: Path, content: bytes, text: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(kd.FileError) as caught:
        kd.datasets.read_idx(path)
    assert str(caught.value) == f"[read_idx] expected {text}: {path}"


def write_mnist(folder: Path, dot: str = "-", end: str = "") -> dict[str, np.ndarray]:
    rng = np.random.default_rng(1)
    arrays = {}
    for part, count in (("train", 7), ("t10k", 3)):
        arrays[f"{part}-images"] = rng.integers(0, 256, (count, 4, 5)).astype(np.uint8)
        arrays[f"{part}-labels"] = rng.integers(0, 10, count).astype(np.uint8)
    for name, array in arrays.items():
        path = folder / f"{name}{dot}idx{array.ndim}-ubyte{end}"
        kd.datasets.write_idx(path, array)
    return arrays


@pytest.mark.parametrize("dot", ["-", "."])
@pytest.mark.parametrize("end", ["", ".gz"])
def test_mnist_from_files(tmp_path: Path, dot: str, end: str) -> None:
    arrays = write_mnist(tmp_path, dot, end)
    for part, data in zip(("train", "t10k"), kd.datasets.mnist(tmp_path), strict=True):
        images, labels = arrays[f"{part}-images"], arrays[f"{part}-labels"]
        assert (data.images == (images > 127)).all()
        assert data.data.dtype == np.uint8
        assert (data.labels == labels).all()
    grey, _ = kd.datasets.mnist(str(tmp_path), threshold=None)
    assert np.allclose(grey.images * 255, arrays["train-images"])
    low, _ = kd.datasets.mnist(tmp_path, threshold=0)
    assert (low.images == (arrays["train-images"] > 0)).all()


def test_wrong_mnist_directories(tmp_path: Path) -> None:
    def text(error: type[Exception]) -> str:
        with pytest.raises(error) as caught:
            kd.datasets.mnist(tmp_path)
        return str(caught.value)

    missing = "[mnist] expected train-images-idx3-ubyte, plain or .gz, got none: "
    assert text(FileNotFoundError) == missing + str(tmp_path)
    write_mnist(tmp_path)
    path = tmp_path / "train-labels-idx1-ubyte"
    kd.datasets.write_idx(path, np.zeros(6, dtype=np.uint8))
    expected = f"[mnist] expected a label for each of 7 images, got 6: {path}"
    assert text(kd.FileError) == expected
    kd.datasets.write_idx(path, np.zeros(7, dtype=np.int8))
    assert text(kd.FileError) == f"[mnist] expected uint8 with 1 axes, got int8 with 1: {path}"
    write_mnist(tmp_path)
    kd.datasets.write_idx(tmp_path / "t10k-images-idx3-ubyte", np.zeros((3, 5, 4), dtype=np.uint8))
    expected = f"[mnist] expected images of one size, got (4, 5) and (5, 4): {tmp_path}"
    assert text(kd.FileError) == expected


SQUARE = kd.Square(4)
SPLIT = "[split] expected held_out in (0, 1) that leaves samples on both sides of 5, got "
TEMPERATURE = "[ising] expected finite temperatures of 1e-12 or more, got "
CALLS: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (
        lambda: kd.datasets.digits(1),
        ValueError,
        "[digits] expected threshold in [0, 1), got 1",
    ),
    (
        lambda: kd.datasets.digits("0.5"),
        TypeError,
        "[digits] expected a real number for threshold, got '0.5'",
    ),
    (
        lambda: kd.datasets.digits(NAN),
        ValueError,
        "[digits] expected a finite threshold, got nan",
    ),
    (
        lambda: kd.datasets.mnist(".", -0.1),
        ValueError,
        "[mnist] expected threshold in [0, 1), got -0.1",
    ),
    (lambda: samples().split(0), ValueError, SPLIT + "0"),
    (lambda: samples().split(1), ValueError, SPLIT + "1"),
    (lambda: samples().split(0.05), ValueError, SPLIT + "0.05"),
    (lambda: samples().split(-1), ValueError, SPLIT + "-1"),
    (lambda: samples().split(NAN), ValueError, "[split] expected a finite held_out, got nan"),
    (lambda: samples().split(seed=1.0), TypeError, "[split] expected an integer seed, got 1.0"),
    (
        lambda: samples()[0],
        TypeError,
        "[Dataset] expected a slice or an array of rows, got 0",
    ),
    (
        lambda: kd.datasets.bars_and_stripes(0, 4),
        ValueError,
        "[bars_and_stripes] expected height in [1, 16], got 0",
    ),
    (
        lambda: kd.datasets.bars_and_stripes(4, 17),
        ValueError,
        "[bars_and_stripes] expected width in [1, 16], got 17",
    ),
    (
        lambda: kd.datasets.bars_and_stripes(4.0, 4),
        TypeError,
        "[bars_and_stripes] expected an integer height, got 4.0",
    ),
    (
        lambda: kd.datasets.ising(8),
        TypeError,
        "[ising] expected a lattice such as kd.Square(16), got 8",
    ),
    (lambda: kd.datasets.ising(SQUARE, [2, 0]), ValueError, TEMPERATURE + "0"),
    (lambda: kd.datasets.ising(SQUARE, -2), ValueError, TEMPERATURE + "-2"),
    (lambda: kd.datasets.ising(SQUARE, NAN), ValueError, TEMPERATURE + "nan"),
    (lambda: kd.datasets.ising(SQUARE, INF), ValueError, TEMPERATURE + "inf"),
    (
        lambda: kd.datasets.ising(SQUARE, []),
        TypeError,
        "[ising] expected a number or a list of numbers for temperatures, got []",
    ),
    (
        lambda: kd.datasets.ising(SQUARE, 2, 0),
        ValueError,
        "[ising] expected per_temperature in [1, 2147483648], got 0",
    ),
    (
        lambda: kd.datasets.ising(SQUARE, 2, 1, seed=-1),
        ValueError,
        "[ising] expected seed in [0, 18446744073709551615], got -1",
    ),
    (
        lambda: kd.datasets.ising(SQUARE, 2, 1, sweeps=0),
        ValueError,
        "[ising] expected sweeps in [1, 1099511627776], got 0",
    ),
    (
        lambda: kd.datasets.ising(SQUARE, 2, 1, threads=0),
        ValueError,
        "[ising] expected threads in [1, 4096], got 0",
    ),
    (
        lambda: kd.datasets.write_idx("file", np.zeros(3, dtype=np.int64)),
        TypeError,
        "[write_idx] expected one of uint8, int8, int16, int32, float32, float64, got int64",
    ),
    (
        lambda: kd.datasets.write_idx("file", np.float32(1)),
        ValueError,
        "[write_idx] expected 1 to 32 axes and at most 4294967296 bytes, got shape ()",
    ),
    (
        lambda: kd.datasets.write_idx("file", np.broadcast_to(np.uint8(1), (2**16, 2**17))),
        ValueError,
        "[write_idx] expected 1 to 32 axes and at most 4294967296 bytes, got shape (65536, 131072)",
    ),
]


@pytest.mark.parametrize(
    ("shape", "labels", "sample_shape", "text"),
    [
        ((6, 4, 5), 6, (4, 5), "rows (n, units) and labels (n,), got (6, 4, 5) and (6,)"),
        ((6, 20), 5, (4, 5), "rows (n, units) and labels (n,), got (6, 20) and (5,)"),
        ((6, 20), 6, (4, 4), "a sample_shape of 20 units, got (4, 4)"),
    ],
)
def test_parts_of_a_data_set_that_do_not_fit(
    shape: tuple[int, ...], labels: int, sample_shape: tuple[int, ...], text: str
) -> None:
    data = np.zeros(shape, dtype=np.uint8)
    with pytest.raises(ValueError, match=f"^{re.escape('[Dataset] expected ' + text)}$"):
        kd.datasets.Dataset(data, np.zeros(labels, dtype=np.int64), sample_shape)


@pytest.mark.parametrize(("call", "error", "text"), CALLS)
def test_wrong_calls(call: Callable[[], Any], error: type[Exception], text: str) -> None:
    with pytest.raises(error) as caught:
        call()
    assert str(caught.value) == text
