"""A network learns the phases of the square lattice and finds those of the triangular one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from kadanoff import datasets
from kadanoff.datasets import IsingDataset
from kadanoff.lattices import Lattice, Square, Triangular

from .report import Progress, Quantity, Report, Reproduction, Settings, Steps

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Array = npt.NDArray[Any]
PAPER = "J. Carrasquilla and R. G. Melko, Nature Physics 13 (2017) 431, arXiv:1605.01735"
CRITICAL = {"square": 2 / np.log(1 + 2**0.5), "triangular": 4 / np.log(3)}
LATTICES: dict[str, Callable[[int], Lattice]] = {"square": Square, "triangular": Triangular}
RANGE = 1.25
"""Temperatures of the square lattice are up to so far from the critical one."""
NEAREST = 0.02
"""And no nearer than this, where labels mean little."""
APART = 0.1
"""Accuracies leave out temperatures nearer to the critical one than this."""
SCALED = np.linspace(-3.0, 3.0, 9)
"""Test temperatures near the transition: (T / Tc - 1) L."""
CHAINS = 32
"""Of each temperature and seed."""
HIDDEN = 100
"""Hidden units, as published."""
L2 = 1e-3
"""Cost of their squared weights."""


@dataclass(frozen=True)
class Work:
    """How much to compute; numbers of configurations are for a temperature and a seed.

    Convolutional networks learn from `convolutional_share` of the configurations of one size.
    """

    sizes: tuple[int, ...]
    seeds: int
    train_temperatures: int
    train: int
    test: int
    epochs: int
    convolutional_size: int
    convolutional_share: float

    @property
    def accuracy_size(self) -> int:
        """The size whose accuracies are shown: that of the publication, or the nearest."""
        return min(self.sizes, key=lambda size: abs(size - 40))


FAST = Work((10, 20, 40), 5, 40, 800, 160, 15, 20, 0.2)
FULL = Work((10, 20, 30, 40, 60), 5, 40, 2400, 640, 20, 20, 0.4)


def compute(settings: Settings, progress: Progress) -> Report:
    """Train on the square lattice for each size and seed, and ask on both lattices."""
    from kadanoff import nn

    work = FULL if settings.full else FAST
    with nn.torch_threads(settings.threads):
        return _Study(work, settings, progress).report()


class _Study:
    """Data, networks and what they say, size by size."""

    def __init__(self, work: Work, settings: Settings, progress: Progress) -> None:
        self.work, self.settings = work, settings
        self.steps = Steps(progress, len(work.sizes) * (3 + work.seeds) + work.seeds)
        self.outputs: dict[str, list[Array]] = {name: [] for name in LATTICES}
        self.convolutional: dict[str, list[Array]] = {name: [] for name in LATTICES}
        self.temperatures: dict[str, list[Array]] = {name: [] for name in LATTICES}
        self.accuracies: dict[str, Array] = {}

    def report(self) -> Report:
        work = self.work
        # The convolutional networks come first: they look at every size.
        first = self._train_data(work.convolutional_size)
        convolutional = [self._convolutional(first, seed) for seed in range(work.seeds)]
        for size in work.sizes:
            train = first if size == work.convolutional_size else self._train_data(size)
            tests = {name: self._test_data(name, size) for name in LATTICES}
            connected = [self._connected(train, size, seed) for seed in range(work.seeds)]
            for name, test in tests.items():
                self.temperatures[name].append(np.unique(test.temperatures))
                self.outputs[name].append(self._ask(connected, test))
                self.convolutional[name].append(self._ask(convolutional, test))
            if size == work.accuracy_size:
                networks = {"connected": connected, "convolutional": convolutional}
                for kind, found in networks.items():
                    self.accuracies[kind] = self._accuracies(found, tests["square"])
        return _report(self)

    def _seed(self, *place: int) -> int:
        key = np.random.SeedSequence(self.settings.seed, spawn_key=place)
        return int(key.generate_state(1, np.uint64)[0]) >> 1

    def _train_data(self, size: int) -> IsingDataset:
        half = self.work.train_temperatures // 2
        away = np.linspace(NEAREST, RANGE, half)
        temperatures = CRITICAL["square"] + np.concatenate([-away[::-1], away])
        self.steps.next(f"L = {size}: configurations to train on")
        return self._drawn("square", size, temperatures, self.work.train, self._seed(0, size))

    def _test_data(self, name: str, size: int) -> IsingDataset:
        critical = CRITICAL[name]
        near = critical * (1 + SCALED / size)
        far = critical / CRITICAL["square"] * np.linspace(1.0, 3.5, 21)
        self.steps.next(f"L = {size}: configurations of the {name} lattice")
        temperatures = np.sort(np.concatenate([near, far]))
        seed = self._seed(1, size, list(LATTICES).index(name))
        return self._drawn(name, size, temperatures, self.work.test, seed)

    def _drawn(
        self, name: str, size: int, temperatures: Array, count: int, seed: int
    ) -> IsingDataset:
        """Draw configurations for all seeds, each of which will have chains of its own."""
        seeds = self.work.seeds
        return datasets.ising(
            LATTICES[name](size),
            temperatures,
            seeds * count,
            seed,
            chains=seeds * min(CHAINS, count),
            threads=self.settings.threads,
        )

    def _part(self, data: IsingDataset, seed: int) -> IsingDataset:
        return data[data.chains % self.work.seeds == seed]

    def _connected(self, data: IsingDataset, size: int, seed: int) -> Any:
        from kadanoff import nn

        self.steps.next(f"L = {size}: network {seed + 1} of {self.work.seeds}")
        train, validation = self._part(data, seed).split(0.15, seed=1)
        number = self._seed(2, size, seed)
        network = nn.FullyConnected(size * size, HIDDEN, seed=number % 2**32)
        return self._fitted(network, train, validation, number, l2=L2)

    def _convolutional(self, data: IsingDataset, seed: int) -> Any:
        from kadanoff import nn

        self.steps.next(f"convolutional network {seed + 1} of {self.work.seeds}")
        share = self.work.convolutional_share
        train, validation, _ = self._part(data, seed).split(train=share, validation=0.1, seed=1)
        number = self._seed(3, seed)
        network = nn.Convolutional(seed=number % 2**32)
        return self._fitted(network, train, validation, number, learning_rate=3e-3)

    def _fitted(
        self, network: Any, train: IsingDataset, validation: IsingDataset, seed: int, **more: Any
    ) -> Any:
        from kadanoff import nn

        rows = (_with_phases(each, "square") for each in (train, validation))
        nn.fit(
            network, *rows, epochs=self.work.epochs, batch_size=256, patience=4, seed=seed, **more
        )
        return network

    def _ask(self, networks: list[Any], test: IsingDataset) -> Array:
        """Return the mean probability of the ordered phase, (seed, temperature)."""
        means = []
        for seed, network in enumerate(networks):
            part = self._part(test, seed)
            ordered = _ordered(network, part)
            count = np.bincount(part.labels)
            means.append(np.bincount(part.labels, weights=ordered) / count)
        return np.array(means)

    def _accuracies(self, networks: list[Any], test: IsingDataset) -> Array:
        """Return the share of right answers away from the transition, on even temperatures."""
        critical, found = CRITICAL["square"], []
        # Without those of the test that crowd around the critical one.
        even = np.isclose((test.temperatures - 1.0) % 0.125, 0) & (
            np.abs(test.temperatures - critical) > APART
        )
        for seed, network in enumerate(networks):
            part = test[even & (test.chains % self.work.seeds == seed)]
            right = (_ordered(network, part) > 0.5) == (part.temperatures < critical)
            found.append(right.mean())
        return np.array(found)


def _with_phases(data: IsingDataset, name: str) -> Any:
    """Return the rows with 0 for the ordered and 1 for the disordered phase."""
    from kadanoff import nn

    return nn.SpinDataset(data, data.temperatures > CRITICAL[name])


def _ordered(network: Any, data: IsingDataset) -> Array:
    from kadanoff import nn

    logits = nn.predict(network, data).astype(np.float64)
    return np.asarray(1 / (1 + np.exp(np.clip(logits[:, 1] - logits[:, 0], -500, 500))))


def crossing(temperatures: Array, outputs: Array) -> float:
    """Return the temperature at which outputs that fall with it are 1/2.

    A straight line through the logits of the four outputs that are nearest.

    Examples
    --------
    >>> temperatures = np.linspace(2.0, 3.0, 11)
    >>> round(crossing(temperatures, 1 / (1 + np.exp(20 * (temperatures - 2.44)))), 6)
    2.44
    """
    near = np.argsort(np.abs(outputs - 0.5), kind="stable")[:4]
    inside = np.clip(outputs[near], 0.02, 0.98)
    slope, offset = np.polyfit(temperatures[near], np.log(inside / (1 - inside)), 1)
    return float(-offset / slope)


def extrapolated(sizes: Array, crossings: Array) -> tuple[float, float]:
    """Return (T at L -> infinity, a) of a fit T + a / L, where errors shrink as 1 / L.

    Examples
    --------
    >>> sizes = np.array([10.0, 20.0, 40.0])
    >>> [round(number, 9) for number in extrapolated(sizes, 2.269 + 0.7 / sizes)]
    [2.269, 0.7]
    """
    slope, limit = np.polyfit(1 / sizes, crossings, 1, w=sizes)
    return float(limit), float(slope)


def _report(study: _Study) -> Report:
    sizes = np.array(study.work.sizes, dtype=float)
    series: dict[str, Array] = {"size": sizes}
    for name in LATTICES:
        temperatures = np.array(study.temperatures[name])
        series[f"{name}_temperature"] = temperatures
        for kind, found in (("", study.outputs), ("_convolutional", study.convolutional)):
            outputs = np.array(found[name])
            pairs = zip(temperatures, outputs, strict=True)
            crossings = np.array([[crossing(t, each) for each in rows] for t, rows in pairs])
            limits = np.array([extrapolated(sizes, column) for column in crossings.T])
            series[f"{name}{kind}_output"] = outputs.mean(axis=1)
            series[f"{name}{kind}_output_error"] = _error(outputs.swapaxes(0, 1))
            series[f"{name}{kind}_crossing"] = crossings.mean(axis=1)
            series[f"{name}{kind}_crossing_error"] = _error(crossings.T)
            series[f"{name}{kind}_limits"] = limits
    for kind, values in study.accuracies.items():
        series[f"{kind}_accuracy"] = values
    seeds, size = study.work.seeds, study.work.convolutional_size
    remarks = (
        f"Crossings: output 1/2, a fit T + a / L, {seeds} seeds with data of their own each.",
        f"Accuracies: T = 1 to 3.5 in steps of 1/8, without |T - Tc| < {APART:g}.",
        f"The convolutional networks were trained at L = {size} alone, and saw no other size.",
    )
    return Report(_quantities(study, series), series, remarks)


def _error(values: Array) -> Any:
    """Return the standard error of means over the first axis."""
    return values.std(axis=0, ddof=1) / len(values) ** 0.5


def _quantities(study: _Study, series: dict[str, Array]) -> tuple[Quantity, ...]:
    size = study.work.accuracy_size

    def accuracy(name: str, kind: str, within: float | None) -> Quantity:
        values = series[f"{kind}_accuracy"]
        return Quantity(
            f"{name}, L = {size}", values.mean(), _error(values), 1.0, within, "all right"
        )

    def limit(name: str, key: str, reference: float, share: float, source: str) -> Quantity:
        values = series[f"{key}_limits"][:, 0]
        within = share * reference if share else None
        mean, error = float(values.mean()), float(_error(values))
        return Quantity(name, mean, error, reference, within, source)

    exact = "exact: Onsager 1944", "exact: 4 / ln 3, Houtappel 1950"
    square, triangular = CRITICAL["square"], CRITICAL["triangular"]
    return (
        accuracy("accuracy", "connected", 0.01),
        limit("square Tc", "square", square, 0.01, exact[0]),
        limit("square Tc", "square", 2.266, 0.01, "Carrasquilla, Melko: 2.266(2)"),
        limit("triangular Tc", "triangular", triangular, 0.02, exact[1]),
        limit("triangular Tc", "triangular", 3.65, 0.02, "Carrasquilla, Melko: 3.65(1)"),
        accuracy("CNN: accuracy", "convolutional", None),
        limit("CNN: square Tc", "square_convolutional", square, 0, exact[0]),
        limit("CNN: triangular Tc", "triangular_convolutional", triangular, 0, exact[1]),
    )


def draw(figure: Figure, report: Report) -> None:
    """Draw outputs against T on both lattices, their collapse, and crossings against 1 / L."""
    from .phases_figure import draw as draw_phases

    draw_phases(figure, report.series, CRITICAL)


REPRODUCTION = Reproduction(
    title="Phases of the Ising model, learned on one lattice and found on another",
    paper=PAPER,
    compute=compute,
    draw=draw,
    size=(11.0, 7.6),
)
