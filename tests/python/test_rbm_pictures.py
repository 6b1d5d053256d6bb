"""Pictures of machines: what is drawn where, and wrong calls."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure
from scipy.integrate import trapezoid

import kadanoff as kd
from kadanoff import rbm as engine
from kadanoff.rbm import pictures

RNG = np.random.default_rng(1)
RBM = kd.RBM(RNG.normal(size=(6, 5)))
STATES = RNG.integers(0, 2, (7, 6))
CHAINS = kd.GibbsSampler(RBM, chains=8, seed=1)
TRACES = engine.record(CHAINS, 20, every=2)
DONE = engine.inpaint(RBM, STATES[:3], [True, True, True, False, False, False], seed=1)
HISTORY = {"epoch": np.arange(1.0, 4.0), "score": np.array([-3.0, np.nan, -2.0])}

ALL: dict[str, Callable[..., Figure]] = {
    "weights": lambda **options: pictures.weights(RBM, **options),
    "samples": lambda **options: pictures.samples(STATES, **options),
    "inpainting": lambda **options: pictures.inpainting(DONE, STATES[:3], **options),
    "spectrum": lambda **options: pictures.spectrum(RBM, **options),
    "spectra": lambda **options: pictures.spectrum([RBM, RBM, RBM], **options),
    "free_energies": lambda **options: pictures.free_energies(RBM, {"data": STATES}, **options),
    "autocorrelation": lambda **options: pictures.autocorrelation(TRACES, **options),
    "training": lambda **options: pictures.training(HISTORY, **options),
}


def image(figure: Figure, number: int = 0) -> Any:
    """The pixels of an image in the first axes; NaN between tiles."""
    return np.ma.filled(figure.axes[0].images[number].get_array().astype(float), np.nan)


@pytest.mark.parametrize("name", ALL)
def test_pictures_go_where_they_are_told(name: str) -> None:
    assert len(ALL[name]().axes[0].get_children()) > 10
    other = Figure()
    left, right = other.subplots(1, 2)
    assert ALL[name](ax=right) is other
    assert right.has_data()
    assert not left.has_data()
    halves: Any = Figure().subfigures(1, 2)
    assert isinstance(ALL[name](ax=halves[0].subplots()), Figure)


@pytest.mark.parametrize("suffix", ["png", "pdf", "svg"])
def test_equal_pictures_are_equal_files(suffix: str, tmp_path: Path) -> None:
    files = [tmp_path / f"{number}.{suffix}" for number in range(3)]
    for path in files[:2]:
        pictures.save(ALL["training"](), path)
    pictures.save(ALL["spectra"](), files[2])
    assert files[0].read_bytes() == files[1].read_bytes() != files[2].read_bytes()
    assert sorted(tmp_path.iterdir()) == files


def test_tiles_of_weights_are_columns_of_the_matrix() -> None:
    order = np.argsort(-np.linalg.norm(RBM.weights, axis=0))
    figure = pictures.weights(RBM, columns=2)
    pixels = image(figure)
    assert pixels.shape == (3 * 2 + 2, 2 * 3 + 1)
    for number, unit in enumerate(order):
        row, column = divmod(number, 2)
        tile = pixels[3 * row : 3 * row + 2, 4 * column : 4 * column + 3]
        assert np.allclose(tile, RBM.weights[:, unit].reshape(2, 3))
    assert np.isnan(pixels[2]).all()
    assert np.isnan(pixels[:, 3]).all()
    drawn = figure.axes[0].images[0]
    low, high = drawn.get_clim()
    assert (low, high) == (-high, pytest.approx(np.percentile(np.abs(RBM.weights), 99.5)))
    assert image(pictures.weights(RBM, (6, 1), units=[3, -1])).shape == (6, 3)
    assert np.allclose(image(pictures.weights(RBM, (6, 1), units=4))[:, 0], RBM.weights[:, 4])


@pytest.mark.parametrize(("units", "shape"), [(1, (1, 1)), (7, (1, 7)), (12, (3, 4)), (9, (3, 3))])
def test_shapes_are_guessed(units: int, shape: tuple[int, int]) -> None:
    assert image(pictures.weights(kd.RBM(np.ones((units, 1))))).shape == shape
    assert image(pictures.samples(np.ones((1, units)))).shape == shape


def test_samples_of_all_kinds() -> None:
    assert np.allclose(image(pictures.samples(STATES))[:2, :3], STATES[0].reshape(2, 3))
    stack = STATES.reshape(7, 2, 3)
    assert np.array_equal(
        image(pictures.samples(stack)), image(pictures.samples(STATES)), equal_nan=True
    )
    assert image(pictures.samples(stack, columns=99)).shape == (2, 7 * 4 - 1)
    spins = pictures.samples(2 * STATES - 1)
    assert spins.axes[0].images[0].get_clim() == (-1.0, 1.0)
    assert pictures.samples(STATES * 0.5).axes[0].images[0].get_clim() == (0.0, 1.0)
    assert image(pictures.samples(np.zeros((500, 4)))).shape == (29, 29)


def test_zero_weights_are_drawn() -> None:
    zero = kd.RBM(np.zeros((4, 2)))
    assert pictures.weights(zero).axes[0].images[0].get_clim() == (-1.0, 1.0)
    pictures.spectrum(zero)
    pictures.spectrum([zero])
    pictures.free_energies(zero, {"one": np.zeros(4)})


def test_gaussian_machines_are_drawn() -> None:
    rbm = kd.GaussianRBM(RBM.weights)
    assert np.array_equal(
        image(pictures.weights(rbm)), image(pictures.weights(RBM)), equal_nan=True
    )
    states = RNG.normal(size=(7, 6))
    assert image(pictures.samples(states)).shape == image(pictures.samples(STATES)).shape
    pictures.free_energies(rbm, {"data": states})
    pictures.spectrum([rbm, rbm])
    assert (engine.singular_values(rbm) == engine.singular_values(RBM)).all()
    traces = engine.record(kd.GibbsSampler(rbm, chains=5, seed=1), 10, modes=1)
    assert traces["mode_1"].shape == (5, 10)


def test_inpainting_shows_known_samples_mean_and_truth() -> None:
    figure = pictures.inpainting(DONE, STATES[:3], samples=2)
    pixels = image(figure)
    assert pixels.shape == (3 * 3 - 1, 5 * 4 - 1)
    for n in range(3):
        tiles = [pixels[3 * n : 3 * n + 2, 4 * k : 4 * k + 3].ravel() for k in range(5)]
        assert (tiles[0][:3] == STATES[n, :3]).all()
        assert np.isnan(tiles[0][3:]).all()
        assert (tiles[1] == DONE.samples[n, 0]).all()
        assert (tiles[2] == DONE.samples[n, 1]).all()
        assert np.allclose(tiles[3], DONE.means[n])
        assert (tiles[4] == STATES[n]).all()
    painted = image(figure, 1)[..., 3]
    assert painted.sum() == 3 * 3
    assert painted[1, :3].all()
    assert [text.get_text() for text in figure.axes[0].texts] == [
        "known",
        "samples",
        "mean",
        "truth",
    ]
    assert image(pictures.inpainting(DONE, samples=0)).shape[1] == 2 * 4 - 1


def test_spectra_are_singular_values_over_the_band_of_random_weights() -> None:
    machines = [RBM, kd.RBM(2 * RBM.weights)]
    axis = pictures.spectrum(machines, epochs=[0, 5]).axes[0]
    values = engine.singular_values(machines)
    lines = np.array([line.get_ydata() for line in axis.lines])
    assert np.allclose(np.sort(lines[:, 1]), np.sort(values[1]))
    assert axis.lines[0].get_xdata().tolist() == [0, 5]
    edges = engine.marchenko_pastur_edges((6, 5), float(RBM.weights.std()))
    assert axis.patches[0].get_extents().height > 0
    assert (axis.patches[0].get_y(), axis.patches[0].get_height()) == pytest.approx(
        (edges[0], edges[1] - edges[0])
    )
    kept = [engine.Checkpoint(3 * k, rbm) for k, rbm in enumerate(machines, 1)]
    assert (engine.singular_values(kept) == values).all()
    assert pictures.spectrum(kept).axes[0].lines[0].get_xdata().tolist() == [3.0, 6.0]
    history = {"epoch": np.array([1.0, 2.0]), "singular_values": values}
    axis = pictures.spectrum(history).axes[0]
    assert axis.lines[0].get_xdata().tolist() == [1.0, 2.0]
    assert len(axis.patches) == 0
    assert len(pictures.spectrum(history, band=(0.1, 0.2)).axes[0].patches) == 1


def test_the_law_of_random_weights_is_drawn_beside_a_spectrum() -> None:
    random = kd.RBM(np.random.default_rng(2).normal(size=(400, 100)))
    axis = pictures.spectrum(random).axes[0]
    law = axis.lines[1]
    heights = np.interp([p.get_x() + p.get_width() / 2 for p in axis.patches], *law.get_data())
    drawn = np.array([p.get_height() for p in axis.patches])
    # Singular values repel each other: bins of four have nearly as many as they should.
    assert np.abs(drawn - heights).mean() < 0.25 * heights.mean()


def test_curves_of_training() -> None:
    axis = pictures.training(HISTORY).axes[0]
    assert axis.get_legend_handles_labels()[1] == ["score"]
    assert axis.lines[0].get_xdata().tolist() == [1.0, 3.0]
    assert axis.lines[0].get_ydata().tolist() == [-3.0, -2.0]
    curves = {"epoch": [1, 2], "train": [-3, -2], "test": [-4, -3]}
    errors = {"test": [[0.5, 0.1], [1.0, 0.2]]}
    axis = pictures.training(curves, ["test", "train"], errors, "ln L").axes[0]
    assert axis.get_ylabel() == "ln L"
    assert axis.get_legend_handles_labels()[1] == ["test", "train"]
    (bars,) = axis.collections
    assert [segment[:, 1].tolist() for segment in bars.get_segments()] == [
        [-4.5, -3.0],
        [-3.1, -2.8],
    ]
    assert pictures.training({"epoch": [], "score": []}).axes[0].get_legend() is None


def test_autocorrelation_is_in_steps() -> None:
    axis = pictures.autocorrelation(TRACES, ["mode_1"], lags=5).axes[0]
    line = axis.lines[1]
    assert line.get_xdata().tolist() == [0, 2, 4, 6, 8]
    assert np.allclose(line.get_ydata(), TRACES.autocorrelation("mode_1", 5))
    tau = TRACES.summary()["mode_1"].tau_int * 2
    assert line.get_label() == rf"mode 1, $\tau$ = {tau:.3g}"


def test_histograms_of_free_energies_have_unit_area() -> None:
    axis = pictures.free_energies(RBM, {"data": STATES, "samples": CHAINS.visible}).axes[0]
    assert axis.get_legend_handles_labels()[1] == ["data", "samples"]
    filled = [patch for patch in axis.patches if patch.get_fill()]
    for patch, states in zip(filled, (STATES, CHAINS.visible), strict=True):
        x, y = patch.get_xy().T
        assert abs(trapezoid(y, x)) == pytest.approx(1.0)
        energies = RBM.free_energy(states)
        assert x[y > 0].min() <= energies.min() < energies.max() <= x[y > 0].max()


def test_without_matplotlib_the_error_says_what_to_install(monkeypatch: Any) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    text = "[figures] expected matplotlib, got none: pip install matplotlib"
    with pytest.raises(ImportError, match=re.escape(text)):
        pictures.samples(STATES)


WRONG: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (
        lambda: pictures.weights(STATES),
        TypeError,
        "[weights] expected a machine such as kd.RBM(weights), got array(",
    ),
    (
        lambda: pictures.weights(RBM, (2, 2)),
        ValueError,
        "[weights] expected a shape of 6 units, got 2 x 2",
    ),
    (
        lambda: pictures.weights(RBM, 6),
        TypeError,
        "[weights] expected shape as (rows, columns), got 6",
    ),
    (
        lambda: pictures.weights(RBM, units=[5]),
        ValueError,
        "[weights] expected units below 5, got 5",
    ),
    (
        lambda: pictures.weights(RBM, units=[0.5]),
        TypeError,
        "[weights] expected units as a list of integers, got [0.5]",
    ),
    (
        lambda: pictures.weights(RBM, columns=0),
        ValueError,
        "[weights] expected columns in [1, 10000], got 0",
    ),
    (
        lambda: pictures.samples(STATES[0]),
        ValueError,
        "[samples] expected states of shape (n, n_visible) or (n, rows, columns), got shape (6,)",
    ),
    (
        lambda: pictures.samples(["a"]),
        TypeError,
        "[samples] expected real numbers for states, got dtype <U1",
    ),
    (
        lambda: pictures.inpainting(STATES),
        TypeError,
        "[inpainting] expected what kd.rbm.inpaint returns, got array(",
    ),
    (
        lambda: pictures.inpainting(DONE, STATES),
        ValueError,
        "[inpainting] expected truth of shape (3, 6), got shape (7, 6)",
    ),
    (
        lambda: pictures.spectrum([]),
        ValueError,
        "[spectrum] expected at least one machine, got none",
    ),
    (
        lambda: pictures.spectrum([RBM], epochs=[1, 2]),
        ValueError,
        "[spectrum] expected 1 epochs, got shape (2,)",
    ),
    (
        lambda: pictures.free_energies(RBM, {}),
        ValueError,
        "[free_energies] expected 1 to 6 sets of states by name, got {}",
    ),
    (
        lambda: pictures.free_energies(RBM, {"data": STATES[:0]}),
        ValueError,
        "[free_energies] expected at least one state in each set, got none",
    ),
    (
        lambda: pictures.autocorrelation(STATES),
        TypeError,
        "[autocorrelation] expected what kd.rbm.record returns, got array(",
    ),
    (
        lambda: pictures.training({"epoch": [1, 2], "score": [1]}),
        ValueError,
        "[training] expected score of shape (2,) like epoch, got shape (1,)",
    ),
    (lambda: pictures.training({"epoch": [1]}, ["loss"]), KeyError, "loss"),
]


@pytest.mark.parametrize("number", range(len(WRONG)))
def test_wrong_calls(number: int) -> None:
    call, kind, text = WRONG[number]
    with pytest.raises(kind, match=re.escape(text)):
        call()


def test_a_file_that_cannot_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="none"):
        pictures.save(pictures.samples(STATES), tmp_path / "none" / "a.png")
    path = tmp_path / "old.xyz"
    path.write_text("old")
    with pytest.raises(ValueError, match="xyz"):
        pictures.save(pictures.samples(STATES), path)
    assert path.read_text() == "old"
