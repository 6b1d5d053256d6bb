"""Configurations from chains: exact means, thinning, splits, files, and wrong calls."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import kadanoff as kd
from kadanoff.datasets import IsingDataset, PackedSpins
from kadanoff.datasets.thinning import thinning

TC = 2.269185


def chain_series(data: IsingDataset, values: np.ndarray, label: int) -> np.ndarray:
    """Return (chain, draw) of one number per row, without a last draw that not all chains have."""
    numbers = np.unique(data.chains[data.labels == label])
    rows = [values[data.chains == number] for number in numbers]
    draws = min(map(len, rows))
    return np.array([row[:draws] for row in rows])


def observables(data: IsingDataset) -> tuple[np.ndarray, np.ndarray]:
    model = kd.Ising(data.sampling.lattice)
    return model.energy(data.spins), np.abs(data.data.sum(axis=1, dtype=float))


def residual(data: IsingDataset, label: int = 0) -> float:
    """Correlation of neighbouring draws of a chain, the larger one of energy and |m|."""
    found = []
    for values in observables(data):
        series = chain_series(data, values, label)
        moved = series - series.mean()
        found.append((moved[:, 1:] * moved[:, :-1]).mean() / moved.var())
    return max(found)


def scores(data: IsingDataset, told: float = 1.0) -> list[float]:
    """Deviations from enumeration in standard errors that know the autocorrelation.

    The states are compared with those of the temperatures times `told`.
    """
    model = kd.Ising(data.sampling.lattice)
    found = []
    for label, temperature in enumerate(data.sampling.temperatures):
        exact = kd.exact.enumerate(model, 1 / (told * temperature))
        sites = model.lattice.n_sites
        wanted = exact.energy * sites, exact.abs_magnetization * sites
        for values, expected in zip(observables(data), wanted, strict=True):
            series = chain_series(data, values, label)
            error = kd.analysis.standard_error(series)
            found.append(float((series.mean() - expected) / error))
    return found


UPDATES = ("auto", "heatbath", "metropolis", "wolff", "swendsen-wang")


@pytest.mark.parametrize("update", UPDATES)
@pytest.mark.parametrize("lattice", [kd.Square(4), kd.Triangular((3, 5)), kd.Cubic((2, 3, 3))])
def test_means_are_those_of_enumeration(lattice: kd.Square, update: str) -> None:
    data = kd.datasets.ising(lattice, [1.9, 3.2, 5.0], 4000, seed=3, update=update)
    assert max(map(abs, scores(data))) < 4
    # Up and down are as frequent at every temperature.
    for label in range(3):
        signs = np.sign(data.data[data.labels == label].sum(axis=1, dtype=int))
        assert abs(signs.sum()) < 4 * 4000**0.5


def test_means_notice_a_wrong_temperature() -> None:
    # 4000 draws at 4 x 4 know the energy to 0.2 % at T = 1.9, which changes by 3 % with 2 % of T.
    data = kd.datasets.ising(kd.Square(4), [1.9, 2.3], 8000, seed=3)
    assert max(map(abs, scores(data, told=1.04))) > 8


def test_energies_near_the_critical_point_are_those_of_kaufman() -> None:
    temperatures = [1.5, 2.2, TC, 2.4, 3.5]
    data = kd.datasets.ising(kd.Square(24), temperatures, 1500, seed=2)
    assert data.updates[0] == data.updates[-1] == "heatbath"
    assert data.updates[2] == "swendsen-wang"
    energies, _ = observables(data)
    for label, temperature in enumerate(temperatures):
        series = chain_series(data, energies, label)
        exact = kd.exact.kaufman((24, 24), 1 / temperature).energy * 576
        assert abs(series.mean() - exact) < 4 * kd.analysis.standard_error(series)


@pytest.mark.parametrize(
    ("update", "temperature"),
    [("auto", 1.6), ("auto", TC), ("auto", 3.0), ("heatbath", 2.6), ("wolff", TC), ("wolff", 3.0)],
)
def test_neighbouring_draws_are_decorrelated(update: str, temperature: float) -> None:
    data = kd.datasets.ising(kd.Square(16), temperature, 6400, seed=4, update=update)
    # 6300 pairs know a correlation to 0.013.
    assert residual(data) < 0.06
    assert data.every[0] >= data.tau[0]


def test_thinning_by_one_at_the_critical_point_is_noticed() -> None:
    data = kd.datasets.ising(kd.Square(16), TC, 6400, seed=4, update="heatbath", every=1)
    assert residual(data) > 0.6
    assert data.every.tolist() == [1]
    assert data.tau[0] > 10


def test_local_updates_that_never_leave_their_start_are_not_chosen() -> None:
    # Its chains would stay ordered: an energy without any fluctuation has no autocorrelation.
    chain = kd.Chain(1000)
    data = kd.datasets.ising(chain, 0.3, 64, seed=1)
    assert data.updates == ("swendsen-wang",)
    energy = kd.Ising(chain).energy(data.spins).mean()
    exact = -1000 * np.tanh(1 / 0.3)
    assert abs(energy - exact) < 4 * (1000 * (1 - np.tanh(1 / 0.3) ** 2) / 64) ** 0.5


def test_times_become_spacings() -> None:
    assert [thinning(tau) for tau in (0.1, 0.5, 0.6, 5.0)] == [1, 1, 2, 23]
    for tau in (0.7, 3.0, 40.0):
        rho = (2 * tau - 1) / (2 * tau + 1)
        assert rho ** thinning(tau) <= 0.01 < rho ** (thinning(tau) - 1)


def test_rows_know_chain_and_temperature() -> None:
    data = kd.datasets.ising(kd.Square((3, 5)), [2.0, 4.0, 2.0], 150, seed=2**64 - 1, threads=2)
    assert (data.shape, data.spins.shape) == ((450, 15), (450, 3, 5))
    assert data.labels.tolist() == [0] * 150 + [1] * 150 + [2] * 150
    assert data.chains[:150].tolist() == [k % 64 for k in range(150)]
    assert data.chains[150:214].tolist() == list(range(64, 128))
    again = kd.datasets.ising(kd.Square((3, 5)), [2.0, 4.0, 2.0], 150, seed=2**64 - 1, threads=1)
    assert (again.spins == data.spins).all()
    assert again.sampling == data.sampling
    first, last = data[data.labels == 0], data[data.labels == 2]
    assert (first.data != last.data).any()
    assert repr(first) == "IsingDataset(150 samples of shape (3, 5), int8)"


def test_chains_of_their_own() -> None:
    data = kd.datasets.ising(kd.Square(4), [2.0, 3.0], 70, sweeps=30)
    assert len(set(data.chains)) == 140
    assert np.isnan(data.tau).all()
    assert data.updates == ("swendsen-wang",) * 2
    few = kd.datasets.ising(kd.Square(4), [2.0, 3.0], 70, sweeps=30, chains=7, every=2)
    assert sorted(set(few.chains)) == list(range(14))
    assert (few.sampling.burn_in, few.sampling.every) == ((30, 30), (2, 2))
    assert kd.datasets.ising(kd.Square(4), 2.0, 5).chains.tolist() == [0, 1, 2, 3, 4]


def test_progress_is_told() -> None:
    seen: list[tuple[int, int, str]] = []
    kd.datasets.ising(kd.Square(4), [2.0, 3.0], 4, progress=lambda *told: seen.append(told))
    assert seen == [
        (0, 2, "configurations at T = 2"),
        (1, 2, "configurations at T = 3"),
    ]


def test_a_slow_update_warns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kd.datasets.thinning, "MAX_SPACING", 1)
    text = r"^\[ising\] the autocorrelation time at T = 2\.2 is above \d+ sweeps: use sw"
    with pytest.warns(UserWarning, match=text) as caught:
        data = kd.datasets.ising(kd.Square(16), 2.2, 4, update="heatbath")
    assert caught[0].filename == __file__
    assert data.tau[0] > 4


DATA = kd.datasets.ising(kd.Square((5, 7)), [2.0, 2.5, 3.0], 400, seed=7)


@pytest.mark.parametrize("seed", [1, 2])
def test_splits_share_no_chain(seed: int) -> None:
    parts = DATA.split(train=0.7, validation=0.15, seed=seed)
    assert [len(set(part.chains)) for part in parts] == [134, 29, 29]
    chains = [set(part.chains) for part in parts]
    assert not any(a & b for k, a in enumerate(chains) for b in chains[k + 1 :])
    assert sum(map(len, parts)) == len(DATA)
    for part, share in zip(parts, (0.7, 0.15, 0.15), strict=True):
        assert part.sampling == DATA.sampling
        counts = np.bincount(part.labels, minlength=3)
        assert np.abs(counts - 400 * share).max() <= 14  # two chains of 7 draws
        for row in (0, len(part) - 1):
            where = (DATA.data == part.data[row]).all(axis=1) & (DATA.chains == part.chains[row])
            assert where.any()
    again = DATA.split(train=0.7, validation=0.15, seed=seed)
    assert all((a.data == b.data).all() for a, b in zip(parts, again, strict=True))


def test_splits_in_two_and_by_default() -> None:
    train, test = DATA.split(0.25, seed=1)
    assert not set(train.chains) & set(test.chains)
    assert (len(set(train.chains)), len(set(test.chains))) == (144, 48)
    assert [len(set(part.chains)) for part in DATA.split(train=0.5)] == [96, 48, 48]
    sizes = [len(set(part.chains)) for part in DATA.split(validation=0.2)]
    assert sizes == [134, 39, 19]
    inner = train.split(train=0.5, validation=0.25)
    assert sum(map(len, inner)) == len(train)
    few = kd.datasets.ising(kd.Square(4), [2.0, 2.5, 3.0], 1)
    assert [len(part) for part in few.split()] == [2, 1]


def test_rows_at_one_bit_per_spin() -> None:
    rng = np.random.default_rng(1)
    for sites in (1, 7, 8, 9, 35):
        spins = rng.choice([-1, 1], (20, sites)).astype(np.int8)
        packed = PackedSpins.pack(spins)
        assert packed.words.shape == (20, -(-sites // 8))
        for rows in (slice(None), slice(3, 17, 5), np.array([4, 4, 0]), rng.random(20) < 0.5):
            for dtype in (np.int8, np.float32, np.float64):
                unpacked = packed.unpack(rows, dtype)
                assert unpacked.dtype == dtype
                assert unpacked.flags.c_contiguous
                assert (unpacked == spins[rows]).all()
            assert (packed.bits(rows) == (spins[rows] > 0)).all()
            assert (packed.select(rows).words == packed.words[rows]).all()


def test_files_give_back_what_was_saved(tmp_path: Path) -> None:
    path = tmp_path / "data.h5"
    DATA.save(path)
    assert path.stat().st_size < len(DATA) * (5 + 1 + 1) + 20_000
    again = IsingDataset.load(path)
    assert again.packed.in_file
    assert again.sampling == DATA.sampling
    picked = again[again.labels == 1][np.array([5, 3, 3])]
    assert picked.packed.in_file
    assert (picked.data == DATA.data[DATA.labels == 1][[5, 3, 3]]).all()
    for name in ("data", "labels", "chains", "temperatures", "bits", "spins"):
        assert (getattr(again, name) == getattr(DATA, name)).all()
        assert getattr(again, name).dtype == getattr(DATA, name).dtype
    parts = [set_.split(train=0.7, validation=0.15, seed=3) for set_ in (DATA, again)]
    for ours, theirs in zip(*parts, strict=True):
        assert theirs.packed.in_file
        assert (ours.data == theirs.data).all()
    part = tmp_path / "part.h5"
    parts[1][2].save(part)
    assert (IsingDataset.load(part).data == parts[0][2].data).all()
    copied = pickle.loads(pickle.dumps(parts[1][0]))
    assert (copied.data == parts[0][0].data).all()


def test_reading_rows_leaves_the_rest_in_the_file(tmp_path: Path) -> None:
    """A row that was damaged after loading is seen only by those who ask for it."""
    path = tmp_path / "data.h5"
    DATA.save(path)
    lazy = IsingDataset.load(path)
    before = lazy[:2].data.copy()
    with h5py.File(path, "r+") as file:
        file["packed_spins"][1] ^= 0x80
    assert (lazy[:1].data == before[:1]).all()
    assert lazy[1:2].data[0, 0] == -before[1, 0]
    with pytest.raises(kd.FileError, match="digest mismatch"):
        IsingDataset.load(path)


def write_tree(path: Path, **changed: Any) -> None:
    """Write a data set's file with other entries and a digest that fits."""
    from kadanoff import storage

    _, tree = storage.read(path, "ising_dataset", {1})
    storage.write(path, "ising_dataset", 1, {**tree, **changed})


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        ({"labels": np.full(1200, 3, np.uint8)}, "expected places in the list of temperatures"),
        ({"labels": np.zeros(1199, np.uint8)}, "of shape (1200,) of unsigned integers"),
        ({"chains": np.zeros(1200, np.float64)}, "of shape (1200,) of unsigned integers"),
        ({"temperatures": np.array([1.0, -1.0, 2.0])}, "a positive temperature for each update"),
        ({"packed_spins": np.zeros((1200, 4), np.uint8)}, "an array of shape (any, 5) of uint8"),
        ({"updates": ["wolff"]}, "a positive temperature for each update"),
        ({"tau": np.zeros(2)}, "an array of shape (3,) of float64"),
        ({"seed": -1}, "an integer from 0"),
    ],
)
def test_wrong_files(tmp_path: Path, changed: dict[str, Any], text: str) -> None:
    path = tmp_path / "data.h5"
    DATA.save(path)
    write_tree(path, **changed)
    with pytest.raises(kd.FileError) as caught:
        IsingDataset.load(path)
    assert text in str(caught.value)


HAND = IsingDataset(DATA.data, DATA.labels, DATA.sample_shape, DATA.temperatures)
SHARES = "[split] expected train and validation that leave chains on all sides of 192, got "
BY_HAND = "expected a data set that ising drew, got one made by hand"
CALLS: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (lambda: DATA.split(train=0.7, validation=0.3), ValueError, SHARES + "0.7 and 0.3"),
    (lambda: DATA.split(train=0, validation=0.3), ValueError, SHARES + "0 and 0.3"),
    (lambda: DATA.split(train=0.999), ValueError, SHARES + "0.999 and 0.0005"),
    (
        lambda: DATA.split(0.001),
        ValueError,
        "[split] expected held_out in (0, 1) that leaves chains on all sides of 192, got 0.001",
    ),
    (
        lambda: DATA.split(train="0.7"),
        TypeError,
        "[split] expected a real number for train, got '0.7'",
    ),
    (lambda: HAND.save("none.h5"), ValueError, "[save] " + BY_HAND),
    (lambda: HAND.tau, ValueError, "[tau] " + BY_HAND),
    (
        lambda: kd.datasets.ising(kd.Square(4), 2, 5, chains=6),
        ValueError,
        "[ising] expected chains in [1, 5], got 6",
    ),
    (
        lambda: kd.datasets.ising(kd.Square(4), 2, 5, every=0),
        ValueError,
        "[ising] expected every in [1, 1099511627776], got 0",
    ),
    (
        lambda: kd.datasets.ising(kd.Square(4), 2, 5, update="gibbs"),
        ValueError,
        "[ising] expected update to be one of 'auto', 'heatbath', 'metropolis', 'wolff', "
        "'swendsen-wang', got 'gibbs'",
    ),
]


@pytest.mark.parametrize(("call", "error", "text"), CALLS)
def test_wrong_calls(call: Callable[[], Any], error: type[Exception], text: str) -> None:
    with pytest.raises(error) as caught:
        call()
    assert str(caught.value) == text


def test_sets_made_by_hand_have_rows_that_are_chains() -> None:
    assert (HAND.chains == np.arange(1200)).all()
    assert (HAND.packed.words == DATA.packed.words).all()
    train, test = HAND.split(0.5)
    assert len(train) == len(test) == 600
