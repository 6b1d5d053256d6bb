"""`Run`: the draws of a simulation, with what is needed to repeat and to analyse them."""

from __future__ import annotations

import html
import itertools
import math
import operator
from collections.abc import Iterable, Iterator, KeysView, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from .analysis.summary import Summary, summarize
from .errors import FileError

if TYPE_CHECKING:
    import os

    import xarray

KIND = "run"
VERSION = 1
COORDINATES = ("replica", "draw", "sweep", "beta")

FloatArray = npt.NDArray[np.float64]


class Run:
    """Observables of one or more replicas, drawn at even spacing.

    Parameters
    ----------
    observables : mapping of str to ndarray of float64, shape (replica, draw)
        Values per site, such as ``"energy"`` = H / N and ``"magnetization"`` = M / N with its sign.
        Each name is a Python identifier.
    beta : array_like of float, shape (replica,)
        Inverse temperature of each replica, in the unit of 1 / energy.
    every : int
        Sweeps from draw to draw.
    model : dict
        Plain values; ``"shape"`` is the shape of the lattice, (y, x) or (z, y, x).
    update : str
        Name of the update rule.
    seed : int
        Seed of the trajectory, 0 <= seed < 2^64.
    first_sweep : int
        Sweep after which the first draw was taken; draw k follows at ``first_sweep + k * every``.
    provenance : dict of str to str or int
        Versions that made the run.

    Attributes
    ----------
    observables : mapping of str to ndarray of float64, shape (replica, draw)
        Read-only arrays in alphabetical order; ``run["energy"]`` is one of them.
    beta : ndarray of float64, shape (replica,)
        Read-only.
    every, model, update, seed, first_sweep, provenance
        As given.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of its form.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(1)
    >>> run = Run(
    ...     {"energy": rng.normal(-1.4, 0.01, (4, 100))},
    ...     beta=[0.4, 0.4, 0.5, 0.5], every=10, model={"lattice": "square", "shape": [16, 16]},
    ...     update="heatbath", seed=1, first_sweep=1010, provenance={"rng_version": 1},
    ... )
    >>> run
    Run(square 16x16, heatbath, beta = 0.4 to 0.5, 4 replicas x 100 draws every 10 sweeps: energy)
    >>> run["energy"].shape, run.select(beta=0.4)["energy"].shape
    ((4, 100), (2, 100))
    >>> cold = run.summary(beta=0.5)
    >>> cold.names
    ('energy', 'specific_heat')
    >>> abs(cold["energy"].mean + 1.4) < 4 * cold["energy"].standard_error
    True
    """

    def __init__(
        self,
        observables: Mapping[str, npt.NDArray[np.float64]],
        *,
        beta: npt.ArrayLike,
        every: int,
        model: Mapping[str, Any],
        update: str,
        seed: int,
        first_sweep: int,
        provenance: Mapping[str, str | int],
    ) -> None:
        self.observables: Mapping[str, FloatArray] = MappingProxyType(_observables(observables))
        self.n_replicas, self.n_draws = next(iter(self.observables.values())).shape
        self.beta = _beta(beta, self.n_replicas)
        self.every = _integer("every", every, 1, 2**63)
        self.model = _model(model)
        self.update = _text("update", update)
        self.seed = _integer("seed", seed, 0, 2**64)
        self.first_sweep = _integer("first_sweep", first_sweep, 0, 2**63)
        self.provenance = _provenance(provenance)

    def __getitem__(self, name: str) -> FloatArray:
        try:
            return self.observables[name]
        except (KeyError, TypeError):
            raise KeyError(
                f"[Run] expected one of {', '.join(self.observables)}, got {name!r}"
            ) from None

    @property
    def n_sites(self) -> int:
        """Number of sites of the lattice."""
        return math.prod(self.model["shape"])

    @property
    def sweeps(self) -> npt.NDArray[np.int64]:
        """Sweep of each draw: int64, shape (draw,)."""
        return self.first_sweep + self.every * np.arange(self.n_draws, dtype=np.int64)

    @property
    def betas(self) -> tuple[float, ...]:
        """The distinct values of `beta`, in the order of the replicas."""
        return tuple(dict.fromkeys(self.beta.tolist()))

    @property
    def description(self) -> str:
        """Lattice, shape and update rule, such as ``square 64x64, heatbath``."""
        shape = "x".join(str(extent) for extent in self.model["shape"])
        return f"{self.model.get('lattice', 'lattice')} {shape}, {self.update}"

    def select(
        self,
        *,
        replica: int | slice | Sequence[int] | None = None,
        beta: float | None = None,
    ) -> Run:
        """Return the run of some replicas, chosen by number or by `beta`.

        Parameters
        ----------
        replica : int, slice or sequence of int, optional
            Numbers of the replicas; negative ones count from the end.
        beta : float, optional
            Inverse temperature, one of `betas` exactly.

        Returns
        -------
        Run
            With as many draws.

        Raises
        ------
        ValueError, IndexError
            If there is no such replica.
        TypeError
            Unless exactly one of the two is given.
        """
        if (replica is None) == (beta is None):
            raise TypeError("[Run.select] expected replica or beta, got both or none")
        if beta is not None:
            chosen = np.flatnonzero(self.beta == beta)
            if not chosen.size:
                raise ValueError(f"[Run.select] expected beta in {self.betas}, got {beta!r}")
        else:
            chosen = np.atleast_1d(np.arange(self.n_replicas)[replica])
            if not chosen.size:
                raise ValueError(f"[Run.select] expected at least one replica, got {replica!r}")
        arrays = {name: series[chosen] for name, series in self.observables.items()}
        return Run(arrays, beta=self.beta[chosen], **self._settings())

    def summary(self, beta: float | None = None) -> Summary:
        r"""Estimate means, errors, autocorrelation and convergence, replicas as chains.

        Parameters
        ----------
        beta : float, optional
            One of `betas`; not needed where all replicas share one.

        Returns
        -------
        Summary
            A row for each observable, for ``abs_magnetization``, ``magnetization_squared`` and
            ``magnetization_fourth``, ``specific_heat``, ``susceptibility`` and ``binder``. Other
            order parameters get the same rows, a structure factor the ``correlation_length``:
            see the page on observables.

        Raises
        ------
        ValueError
            If the replicas are at several beta and none is chosen.

        Notes
        -----
        With e and m per site, N sites and Boltzmann's constant 1:

        .. math::
            c = \beta^2 N \left(\langle e^2 \rangle - \langle e \rangle^2\right), \quad
            \chi = \beta N \left(\langle m^2 \rangle - \langle |m| \rangle^2\right), \quad
            U = 1 - \frac{\langle m^4 \rangle}{3 \langle m^2 \rangle^2} .

        This susceptibility peaks at the transition. In the disordered phase of a large lattice it
        is (1 - 2 / pi) times the zero-field response, which is ``beta N <m^2>``.

        Errors of the three are those of `kadanoff.analysis.jackknife`, with `tau_int`, `ess` and
        `r_hat` of the pseudo-values; all others are those of `kadanoff.analysis.standard_error`.
        `tau_int` is in draws; `Estimate.tau_int_sweeps` is in sweeps. Fewer than 8 draws give NaN
        for `r_hat`, and for errors and times too unless there are 4 replicas.
        """
        if beta is not None:
            return summarize(self.select(beta=beta))
        if len(self.betas) > 1:
            raise ValueError(
                f"[Run.summary] expected replicas at one beta, got {len(self.betas)} values: "
                "choose by run.summary(beta=...), or take all by run.summaries()"
            )
        return summarize(self)

    def summaries(self) -> list[Summary]:
        """Return the `summary` at each of `betas`."""
        return [self.summary(beta) for beta in self.betas]

    def to_xarray(self) -> xarray.Dataset:
        """Return a Dataset with dimensions (replica, draw) and coordinates beta and sweep.

        Raises
        ------
        ImportError
            If xarray is not installed.
        """
        try:
            import xarray
        except ImportError as error:
            raise ImportError(
                "[Run.to_xarray] expected xarray, got none: pip install kadanoff[analysis]"
            ) from error
        settings = self._settings()
        model, provenance = settings.pop("model"), settings.pop("provenance")
        return xarray.Dataset(
            {name: (("replica", "draw"), array.copy()) for name, array in self.observables.items()},
            coords={
                "replica": np.arange(self.n_replicas),
                "draw": np.arange(self.n_draws),
                "beta": ("replica", self.beta.copy()),
                "sweep": ("draw", self.sweeps),
            },
            attrs=settings
            | {f"model_{key}": value for key, value in model.items()}
            | {f"provenance_{key}": value for key, value in provenance.items()},
        )

    def __contains__(self, name: object) -> bool:
        return name in self.observables

    def __iter__(self) -> Iterator[str]:
        return iter(self.observables)

    def __len__(self) -> int:
        return len(self.observables)

    def keys(self) -> KeysView[str]:
        """Names of the observables."""
        return self.observables.keys()

    def __reduce__(self) -> tuple[Any, ...]:
        settings = {"beta": self.beta, **self._settings()}
        return _restore, (dict(self.observables), settings)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the run to an HDF5 file, all or nothing; `load` gives back every bit.

        Raises
        ------
        OSError
            If the file cannot be written; a file that stood there is left as it was.
        """
        from . import storage

        tree = {"observables": dict(self.observables), "beta": self.beta, **self._settings()}
        storage.write(path, KIND, VERSION, tree)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Run:
        """Read a run that `save` wrote, or the draws of a scan's file.

        Raises
        ------
        kadanoff.errors.FileError
            If the file is not a run of a known version, is damaged or is not to be trusted.
        FileNotFoundError, PermissionError
            If it cannot be opened.
        """
        from . import storage

        if storage.kind_of(path) == "scan":
            from .scan import Scan

            run = Scan.load(path).run
            if run is None:
                raise FileError(f"[load] expected a run, got a scan without draws: {path}")
            return run
        _, tree = storage.read(path, KIND, (VERSION,))
        entries = storage.Entries(tree, path)
        settings: dict[str, Any] = {
            "beta": entries.array("beta", np.float64, (None,)),
            "every": entries.integer("every"),
            "model": entries.plain("model"),
            "update": entries.text("update"),
            "seed": entries.integer("seed"),
            "first_sweep": entries.integer("first_sweep"),
            "provenance": entries.plain("provenance"),
        }
        observables = entries.plain("observables")
        try:
            return cls(observables, **settings)
        except (TypeError, ValueError) as error:
            raise FileError(f"[load] expected a consistent run, got {error}: {path}") from error

    @classmethod
    def concatenate(cls, runs: Iterable[Run]) -> Run:
        """Join runs that follow each other on one trajectory, along the draws.

        Parameters
        ----------
        runs : iterable of Run
            In order; each begins `every` sweeps after the last draw of the one before.

        Returns
        -------
        Run
            With the provenance that all share.

        Raises
        ------
        TypeError, ValueError
            If there is none, or two that do not belong together.
        """
        parts = list(runs)
        if not parts:
            raise ValueError("[Run.concatenate] expected at least one run, got none")
        for part in parts:
            if not isinstance(part, cls):
                raise TypeError(f"[Run.concatenate] expected a Run, got {type(part).__name__}")
        for before, after in itertools.pairwise(parts):
            _check_successor(before, after)
        first = parts[0]
        arrays = {
            name: np.concatenate([part[name] for part in parts], axis=1)
            for name in first.observables
        }
        shared = {
            key: value
            for key, value in first.provenance.items()
            if all(part.provenance.get(key) == value for part in parts)
        }
        return cls(arrays, beta=first.beta, **{**first._settings(), "provenance": shared})

    def __repr__(self) -> str:
        sweeps = "sweep" if self.every == 1 else f"{self.every} sweeps"
        replicas = "1 replica" if self.n_replicas == 1 else f"{self.n_replicas} replicas"
        return (
            f"Run({self.description}, beta = {self._beta_text()}, {replicas} x "
            f"{self.n_draws} draws every {sweeps}: {', '.join(self.observables)})"
        )

    def _repr_html_(self) -> str:
        return f"<code>{html.escape(repr(self))}</code>"

    def _beta_text(self) -> str:
        low, high = float(self.beta.min()), float(self.beta.max())
        return f"{low:.6g}" if low == high else f"{low:.6g} to {high:.6g}"

    def _settings(self) -> dict[str, Any]:
        return {
            "every": self.every,
            "model": dict(self.model),
            "update": self.update,
            "seed": self.seed,
            "first_sweep": self.first_sweep,
            "provenance": dict(self.provenance),
        }


def _restore(observables: dict[str, FloatArray], settings: dict[str, Any]) -> Run:
    """Undo `Run.__reduce__`."""
    return Run(observables, **settings)


def _observables(observables: Mapping[str, Any]) -> dict[str, FloatArray]:
    if not isinstance(observables, Mapping) or not observables:
        raise TypeError(f"[Run] expected a dict of observables, got {_kind(observables)}")
    for name in observables:
        if not isinstance(name, str) or not name.isidentifier() or name in COORDINATES:
            raise ValueError(f"[Run] expected an identifier as name of an observable, got {name!r}")
    arrays = {name: _series(name, observables[name]) for name in sorted(observables)}
    shapes = {array.shape for array in arrays.values()}
    if len(shapes) > 1:
        raise ValueError(f"[Run] expected observables of one shape, got {sorted(shapes)}")
    return arrays


def _series(name: str, array: Any) -> FloatArray:
    if not isinstance(array, np.ndarray) or array.dtype != np.float64:
        raise TypeError(f"[Run] expected {name!r} as an array of float64, got {_kind(array)}")
    if array.ndim != 2 or array.size == 0:
        raise ValueError(
            f"[Run] expected {name!r} of shape (replica, draw), got shape {array.shape}"
        )
    if not np.isfinite(array).all():
        raise ValueError(f"[Run] expected {name!r} to be finite, got NaN or infinity")
    return _frozen(np.asarray(array, dtype=np.float64, order="C"))


def _beta(beta: Any, n_replicas: int) -> FloatArray:
    array = np.array(beta, dtype=np.float64)
    if array.shape != (n_replicas,):
        raise ValueError(f"[Run] expected beta of shape ({n_replicas},), got shape {array.shape}")
    if not (np.isfinite(array).all() and (array >= 0.0).all()):
        raise ValueError(f"[Run] expected beta >= 0 and finite, got {array.tolist()}")
    return _frozen(array)


def _frozen(array: FloatArray) -> FloatArray:
    view: FloatArray = array.view()
    view.flags.writeable = False
    return view


def _integer(name: str, value: Any, low: int, end: int) -> int:
    if isinstance(value, (bool, np.bool_)) or not hasattr(value, "__index__"):
        raise TypeError(f"[Run] expected {name} as an integer, got {_kind(value)}")
    number = operator.index(value)
    if not low <= number < end:
        raise ValueError(f"[Run] expected {low} <= {name} < {end}, got {number}")
    return number


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise TypeError(f"[Run] expected {name} as a text, got {value!r}")
    return value


def _model(model: Any) -> dict[str, Any]:
    if not isinstance(model, Mapping) or "shape" not in model:
        raise TypeError(f"[Run] expected model as a dict with 'shape', got {model!r}")
    shape = model["shape"]
    if isinstance(shape, str) or not isinstance(shape, Sequence) or not shape:
        raise TypeError(f"[Run] expected model['shape'] as a list of integers, got {shape!r}")
    return {**model, "shape": [_integer("extent", extent, 1, 2**63) for extent in shape]}


def _provenance(provenance: Any) -> dict[str, str | int]:
    if not isinstance(provenance, Mapping):
        raise TypeError(f"[Run] expected provenance as a dict, got {_kind(provenance)}")
    for key, value in provenance.items():
        if not isinstance(key, str) or not isinstance(value, (str, int)):
            raise TypeError(f"[Run] expected texts and integers, got provenance {key!r}: {value!r}")
    return dict(provenance)


def _kind(value: Any) -> str:
    return f"array of {value.dtype}" if isinstance(value, np.ndarray) else type(value).__name__


def _check_successor(before: Run, after: Run) -> None:
    for name in ("every", "update", "seed"):
        if getattr(before, name) != getattr(after, name):
            raise ValueError(
                f"[Run.concatenate] expected {name} = {getattr(before, name)!r}, "
                f"got {getattr(after, name)!r}"
            )
    pairs = {
        "model": _same(before.model, after.model),
        "beta": np.array_equal(before.beta, after.beta),
        "observables": list(before.observables) == list(after.observables),
        "rng_version": before.provenance.get("rng_version") == after.provenance.get("rng_version"),
    }
    for name, equal in pairs.items():
        if not equal:
            raise ValueError(f"[Run.concatenate] expected runs of equal {name}, got different ones")
    expected = before.first_sweep + before.n_draws * before.every
    if after.first_sweep != expected:
        raise ValueError(
            f"[Run.concatenate] expected a run that begins at sweep {expected}, "
            f"got {after.first_sweep}"
        )


def _same(left: Any, right: Any) -> bool:
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return left.keys() == right.keys() and all(_same(left[key], right[key]) for key in left)
    return np.array_equal(left, right)
