"""The draws of a sampler or a tempering with observables of one's own choice."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ..analysis.derived import ORDER_PARAMETERS
from ..run import COORDINATES
from .base import FloatArray, Observable, Spins
from .magnetic import Magnetization, StaggeredMagnetization, SublatticeMagnetization
from .overlaps import LinkOverlap, Overlap
from .waves import Correlations, StructureFactor

BY_NAME: dict[str, Callable[[], Observable]] = {
    "magnetization": Magnetization,
    "staggered_magnetization": StaggeredMagnetization,
    "sublattice_magnetization": SublatticeMagnetization,
    "overlap": Overlap,
    "link_overlap": LinkOverlap,
    "structure_factor": StructureFactor,
    "overlap_structure_factor": lambda: StructureFactor(overlap=True),
    "correlations": Correlations,
}

COMPILED = ("energy", "magnetization")
"""What every engine measures by itself."""

NAMES = ("energy", *BY_NAME)
"""What may be asked for by name."""

Function = Callable[[Spins], Any]


class Recorder:
    """Observables made ready for one model, and the series that they fill.

    Parameters
    ----------
    observables : iterable
        Names, `Observable` objects, and dicts from a name to a function of the spins. One such item
        stands for a list of it.
    model : kadanoff.models.Model
    beta : ndarray of float64, shape (replica,)
    extra : sequence of str
        Names of what the engine measures besides energy and magnetisation.

    Raises
    ------
    ValueError, TypeError
        If there is none, one twice, or one that the model does not have.
    """

    def __init__(
        self, observables: Any, model: Any, beta: FloatArray, extra: Sequence[str] = ()
    ) -> None:
        self._compiled: list[str] = []
        self._functions: dict[str, Function] = {}
        self._columns: dict[str, tuple[str, ...]] = {}
        self._series: dict[str, FloatArray] = {}
        for name, item in _items(observables, tuple(dict.fromkeys((*NAMES, *extra)))):
            _check_name(name)
            if name in self._functions or name in self._compiled:
                raise ValueError(f"[sample] expected each observable once, got {name!r} twice")
            if isinstance(item, str) and name in (*COMPILED, *extra):
                self._compiled.append(name)
            elif isinstance(item, str | Observable):
                observable = BY_NAME[item]() if isinstance(item, str) else item
                self._columns[name], self._functions[name] = observable.prepare(model, beta)
            else:
                self._functions[name] = item
        if not (self._compiled or self._functions):
            raise ValueError("[sample] expected at least one observable, got none")

    @property
    def needs_spins(self) -> bool:
        """Whether something is asked for that the engine does not measure by itself."""
        return bool(self._functions)

    @property
    def compiled(self) -> tuple[str, ...]:
        """Names of what is asked for of the engine."""
        return tuple(self._compiled)

    def take(self, spins: Spins, measured: Mapping[str, FloatArray], draw: int, draws: int) -> None:
        """Fill in number `draw` of `draws` from the spins and what the engine measured of them."""
        values: dict[str, npt.NDArray[Any]] = {name: measured[name] for name in self._compiled}
        for name, function in self._functions.items():
            values.update(self._named(name, _checked(name, function(spins), len(spins))))
        if draw == 0:
            self._series = {name: np.empty((len(spins), draws)) for name in values}
        for name, value in values.items():
            self._series[name][:, draw] = value

    def _named(self, name: str, values: npt.NDArray[Any]) -> dict[str, npt.NDArray[Any]]:
        """Give the columns of a result their names, the same at each draw."""
        number = 1 if values.ndim == 1 else values.shape[1]
        names = (name,) if values.ndim == 1 else tuple(f"{name}_{i}" for i in range(number))
        names = self._columns.setdefault(name, names)
        if len(names) != number:
            raise ValueError(
                f"[sample] expected {len(names)} numbers from {name!r} at each draw, got {number}"
            )
        return dict(zip(names, values.reshape(len(values), -1).T, strict=True))

    def series(self, done: int) -> dict[str, FloatArray]:
        """Return the series of the first `done` draws."""
        return {name: series[:, :done] for name, series in self._series.items()}


def record(
    recorder: Recorder,
    core: Any,
    draw_one: Callable[[], tuple[int, int, BaseException | None]],
    measured: Mapping[str, FloatArray],
    spins: Spins,
    draws: int,
) -> tuple[dict[str, FloatArray], int, BaseException | None]:
    """Take draws one by one.

    Parameters
    ----------
    recorder : Recorder
        It gets the draws.
    core
        Has the spins of a draw.
    draw_one : callable
        Does the sweeps of a draw, fills `measured`, and returns what the core's `sample` does: the
        sweep before, draws done, and what a signal handler raised.
    measured : dict of str to ndarray of float64, shape (replica,)
        What the engine measured at the last draw.
    spins : ndarray, shape (replica, *lattice.shape)
        One buffer for all draws; functions see it read-only.
    draws : int

    Returns
    -------
    series : dict of str to ndarray of float64, shape (replica, draw)
    done : int
        Draws made.
    signal : BaseException or None
        What a signal handler raised meanwhile.
    """
    done = 0
    seen = spins.view()
    seen.flags.writeable = False
    try:
        for draw in range(draws):
            _, taken, signal = draw_one()
            if taken:
                core.read_spins(spins.view(np.int8))
                recorder.take(seen, measured, draw, draws)
                done = draw + 1
            if signal is not None:
                return recorder.series(done), done, signal
    except KeyboardInterrupt as signal:
        return recorder.series(done), done, signal
    return recorder.series(done), done, None


def _items(
    observables: Any, names: Sequence[str]
) -> Iterator[tuple[str, str | Observable | Function]]:
    """Yield what is asked for, each with its name; `names` are those known."""
    if isinstance(observables, str | Observable | Mapping) or callable(observables):
        observables = [observables]
    if not isinstance(observables, Iterable):
        raise TypeError(f"[sample] expected a list of observables, got {observables!r}")
    for item in observables:
        if isinstance(item, Mapping):
            for name, function in item.items():
                if not callable(function):
                    raise TypeError(
                        f"[sample] expected a function of the spins as {name!r}, got {function!r}"
                    )
                if name in names:
                    raise ValueError(f"[sample] expected a name of your own, got {name!r}")
                yield name, function
        elif isinstance(item, str):
            if item not in names:
                raise ValueError(_unknown(item, names))
            yield item, item
        elif isinstance(item, Observable):
            yield item.name, item
        elif isinstance(item, type) and issubclass(item, Observable):
            raise TypeError(
                f"[sample] expected an observable such as {item.__name__}(), got the class"
            )
        else:
            raise TypeError(
                "[sample] expected a name, an observable or a dict from a name to a function, "
                f"got {item!r}"
            )


def _unknown(name: str, names: Sequence[str]) -> str:
    """Say what is wrong with a name, and where it is to be found if a summary has it."""
    text = f"[sample] expected an observable among {', '.join(names)}, got {name!r}"
    for parameter, derived in ORDER_PARAMETERS.items():
        moments = (f"abs_{parameter}", f"{parameter}_squared", f"{parameter}_fourth")
        if name in (*moments, *derived):
            return f"{text}: run.summary() makes it of {parameter!r}"
    if name == "specific_heat":
        return f"{text}: run.summary() makes it of 'energy'"
    if name.endswith("correlation_length"):
        source = name.replace("correlation_length", "structure_factor")
        return f"{text}: run.summary() makes it of {source!r}"
    return text


def _check_name(name: Any) -> None:
    if not isinstance(name, str) or not name.isidentifier() or name in COORDINATES:
        raise ValueError(f"[sample] expected an identifier as name of an observable, got {name!r}")


def _checked(name: str, result: Any, replicas: int) -> npt.NDArray[Any]:
    """Return what a function gave, or say what is wrong with it."""
    values = np.asarray(result)
    if values.dtype.kind not in "biuf":
        raise TypeError(f"[sample] expected real numbers from {name!r}, got dtype {values.dtype}")
    if values.ndim not in (1, 2) or len(values) != replicas or not values.size:
        raise ValueError(
            f"[sample] expected shape ({replicas},) or ({replicas}, k) from {name!r}, "
            f"got shape {values.shape}"
        )
    if not np.isfinite(values).all():
        raise ValueError(f"[sample] expected finite numbers from {name!r}, got NaN or infinity")
    return values
