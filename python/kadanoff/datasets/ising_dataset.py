"""`IsingDataset`: packed configurations with temperatures and chains."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, overload

import numpy as np
import numpy.typing as npt

from kadanoff import _core, arguments
from kadanoff.errors import FileError
from kadanoff.lattices import Lattice
from kadanoff.models import Ising
from kadanoff.models import from_state as model_from_state

from .dataset import Dataset, read_only
from .packed import PackedSpins, Rows
from .splitting import split_chains

if TYPE_CHECKING:
    from typing_extensions import Self

KIND, VERSION = "ising_dataset", 1


@dataclass(frozen=True)
class IsingSampling:
    r"""How the configurations of a data set were drawn; a tuple has an entry per temperature.

    Attributes
    ----------
    lattice : Lattice
    temperatures : tuple of float
        As they were asked for; `IsingDataset.labels` are places in it.
    seed : int
    updates : tuple of str
    tau : tuple of float
        Integrated autocorrelation time in sweeps, the longer one of energy and \|m\|; NaN where
        it was not measured.
    burn_in, every : tuple of int
        Sweeps before the first draw of a chain, and between its draws.
    kadanoff_version : str
    rng_version : int
    """

    lattice: Lattice
    temperatures: tuple[float, ...]
    seed: int
    updates: tuple[str, ...]
    tau: tuple[float, ...]
    burn_in: tuple[int, ...]
    every: tuple[int, ...]
    kadanoff_version: str = _core.__version__
    rng_version: int = _core.rng_version


class IsingDataset(Dataset):
    """Configurations at several temperatures; made by `ising`, or read by `load`.

    Parameters
    ----------
    data : ndarray of int8, (n, n_sites), or PackedSpins
        -1 and 1.
    labels, sample_shape, temperatures, chains, sampling
        The attributes. Without `chains`, each sample is a chain of its own.

    Attributes
    ----------
    labels : ndarray of int64, (n,)
        Number of the sample's temperature in the list that was asked for.
    temperatures : ndarray of float64, (n,)
        The sample's temperature.
    chains : ndarray of int64, (n,)
        Number of the Markov chain that the sample comes from; chains are independent of each other.
    sample_shape : tuple of int
        That of the lattice.
    sampling : IsingSampling or None
        Lattice, seed, updates, autocorrelation times and thinning; None for one made by hand.
    """

    _fixed = frozenset({"labels", "sample_shape", "temperatures", "chains", "sampling"})

    def __init__(
        self,
        data: npt.NDArray[Any] | PackedSpins,
        labels: npt.NDArray[np.int64],
        sample_shape: tuple[int, ...],
        temperatures: npt.NDArray[np.float64],
        chains: npt.NDArray[np.int64] | None = None,
        sampling: IsingSampling | None = None,
    ) -> None:
        self._packed = data if isinstance(data, PackedSpins) else None
        self._unpacked = None if isinstance(data, PackedSpins) else read_only(data)
        self.labels = read_only(labels)
        self.sample_shape = sample_shape
        self.temperatures = read_only(temperatures)
        self.chains = read_only(np.arange(len(labels)) if chains is None else chains)
        self.sampling = sampling

    @property
    def data(self) -> npt.NDArray[Any]:
        """The spins as rows, (n, n_sites), int8 of -1 and 1, read-only.

        Rows for a machine of `visible_units="spin"`. Unpacked when they are first asked for, and
        kept: eight times the memory of `packed`.
        """
        if self._unpacked is None:
            self._unpacked = read_only(self.packed.unpack(slice(None), np.int8))
        return self._unpacked

    @property
    def packed(self) -> PackedSpins:
        """The spins at one bit each, which may lie in a file."""
        if self._packed is None:
            self._packed = PackedSpins.pack(self.data)
        return self._packed

    @property
    def shape(self) -> tuple[int, ...]:
        """That of `data`, (n, n_sites)."""
        if self._unpacked is not None:
            return self._unpacked.shape
        return len(self), self.packed.n_sites

    @property
    def spins(self) -> npt.NDArray[np.int8]:
        """A view of the spins, int8 of -1 and 1, (n,) + `sample_shape`, read-only."""
        return self.images

    @property
    def bits(self) -> npt.NDArray[np.uint8]:
        """A copy of the spins as uint8 of 0 and 1, (n, n_sites): rows for binary visible units."""
        return self.packed.bits()

    @property
    def tau(self) -> npt.NDArray[np.float64]:
        """Autocorrelation time of each temperature that was asked for, in sweeps of its update."""
        return np.array(self._sampling("tau").tau)

    @property
    def every(self) -> npt.NDArray[np.int64]:
        """Sweeps between two draws of a chain, for each temperature that was asked for."""
        return np.array(self._sampling("every").every)

    @property
    def updates(self) -> tuple[str, ...]:
        """Update at each temperature that was asked for."""
        return self._sampling("updates").updates

    def _sampling(self, call: str) -> IsingSampling:
        if self.sampling is None:
            raise ValueError(f"[{call}] expected a data set that ising drew, got one made by hand")
        return self.sampling

    @overload
    def split(self, held_out: float = 0.2, seed: int = 1) -> tuple[Self, Self]: ...

    @overload
    def split(
        self, *, train: float, validation: float | None = None, seed: int = 1
    ) -> tuple[Self, Self, Self]: ...

    @overload
    def split(self, *, validation: float, seed: int = 1) -> tuple[Self, Self, Self]: ...

    def split(
        self,
        held_out: float = 0.2,
        seed: int = 1,
        *,
        train: float | None = None,
        validation: float | None = None,
    ) -> tuple[Self, ...]:
        """Return parts that share no chain, so that no part has a neighbour of another's draws.

        Parameters
        ----------
        held_out : float
            Share of the chains to hold out, in (0, 1), if neither `train` nor `validation` is
            given.
        seed : int
            Which ones; 0 <= seed < 2^64.
        train, validation : float, optional
            Shares of the chains in the first and second of three parts; the third one has the
            rest. Without one of them, 0.7 or half of what is left.

        Returns
        -------
        train, test : IsingDataset
            Or train, validation, test. At each temperature the shares are met as well as whole
            chains can, rows are in a random order.

        Raises
        ------
        ValueError
            If a part would be empty.
        TypeError

        Examples
        --------
        >>> import kadanoff as kd
        >>> data = kd.datasets.ising(kd.Square(4), [2.0, 3.0], 1000, seed=1)
        >>> train, validation, test = data.split(train=0.7, validation=0.15, seed=1)
        >>> set(train.chains) & set(test.chains)
        set()
        """
        call = "split"
        seed = arguments.fixed_seed(call, seed)
        if train is None and validation is None:
            share = arguments.real(call, "held_out", held_out)
            expected, got = "held_out in (0, 1) that leaves", f"{share:g}"
            shares: tuple[float, ...] = (1 - share, share)
        else:
            first = 0.7 if train is None else arguments.real(call, "train", train)
            rest = (1 - first) / 2
            second = rest if validation is None else arguments.real(call, "validation", validation)
            expected, got = "train and validation that leave", f"{first:g} and {second:g}"
            shares = (first, second, 1 - first - second)
        rows = []
        if all(0 < share < 1 for share in shares):
            rows = split_chains(self.labels, self.chains, shares, seed)
        if not rows or not all(map(len, rows)):
            count = len(np.unique(self.chains))
            text = f"expected {expected} chains on all sides of {count}, got {got}"
            raise ValueError(f"[{call}] {text}")
        return tuple(self[part] for part in rows)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write an HDF5 file with one bit per spin, put in place whole; `load` reads it.

        Raises
        ------
        ValueError
            If the data set was made by hand.
        OSError
            If the file cannot be written; the old one is then still there.
        """
        from kadanoff import storage

        how = self._sampling("save")
        tree = {
            "kadanoff_version": how.kadanoff_version,
            "rng_version": how.rng_version,
            "model": Ising(how.lattice).to_state(),
            "seed": how.seed,
            "updates": list(how.updates),
            "temperatures": np.array(how.temperatures),
            "tau": np.array(how.tau),
            "burn_in": np.array(how.burn_in, dtype=np.int64),
            "every": np.array(how.every, dtype=np.int64),
            "labels": _narrowed(self.labels),
            "chains": _narrowed(self.chains),
            "packed_spins": self.packed.words,
        }
        storage.write(path, KIND, VERSION, tree)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Return the data set that `save` wrote; spins stay in the file until they are needed.

        The file is read through once, to verify it; it must stay in place while the data set is
        used. `split` and indexing read nothing, `data`, `spins` and `bits` read all of it.

        Raises
        ------
        FileError
            A ValueError: the file is not a data set's, damaged, hostile, or of another version.
        FileNotFoundError, PermissionError

        Examples
        --------
        >>> import pathlib, tempfile
        >>> import kadanoff as kd
        >>> data = kd.datasets.ising(kd.Square(8), [2.0, 3.0], 100, seed=1)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = pathlib.Path(folder, "data.h5")
        ...     data.save(path)
        ...     again = kd.datasets.IsingDataset.load(path)
        ...     bool((again.spins == data.spins).all()), again.packed.in_file
        (True, True)
        """
        from kadanoff import storage

        _, tree = storage.read(path, KIND, {VERSION}, mapped=("packed_spins",))
        return cls._from_entries(storage.Entries(tree, path))

    @classmethod
    def _from_entries(cls, entries: Any) -> Self:
        lattice = model_from_state(entries.group("model")).lattice
        temperatures = entries.array("temperatures", np.float64, (None,))
        shape = (len(temperatures),)
        updates = entries.texts("updates")
        if len(updates) != len(temperatures) or not (temperatures > 0).all():
            raise entries.wrong("temperatures", "a positive temperature for each update")
        words = entries.array("packed_spins", np.uint8, (None, (lattice.n_sites + 7) // 8))
        labels, chains = (_widened(entries, name, len(words)) for name in ("labels", "chains"))
        if len(words) and not 0 <= labels.min() <= labels.max() < len(temperatures):
            raise entries.wrong("labels", "places in the list of temperatures")
        sampling = IsingSampling(
            lattice,
            tuple(temperatures.tolist()),
            entries.integer("seed", low=0),
            tuple(updates),
            tuple(entries.array("tau", np.float64, shape).tolist()),
            tuple(entries.array("burn_in", np.int64, shape).tolist()),
            tuple(entries.array("every", np.int64, shape).tolist()),
            entries.text("kadanoff_version"),
            entries.integer("rng_version", low=0),
        )
        spins = PackedSpins(words, lattice.n_sites)
        return cls(spins, labels, lattice.shape, temperatures[labels], chains, sampling)

    def _rows(self, rows: Rows) -> Self:
        kept = self._packed.select(rows) if self._packed is not None else self.data[rows]
        return type(self)(
            kept,
            self.labels[rows],
            self.sample_shape,
            self.temperatures[rows],
            self.chains[rows],
            self.sampling,
        )

    def __len__(self) -> int:
        return len(self.labels)

    def __repr__(self) -> str:
        dtype = "int8" if self._unpacked is None else str(self._unpacked.dtype)
        kind = type(self).__name__
        return f"{kind}({len(self)} samples of shape {self.sample_shape}, {dtype})"


def _narrowed(numbers: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
    """Return numbers in the narrowest unsigned type: rows of small lattices have few bytes."""
    return numbers.astype(np.min_scalar_type(int(numbers.max(initial=0))))


def _widened(entries: Any, name: str, count: int) -> npt.NDArray[np.int64]:
    for dtype in (np.uint8, np.uint16, np.uint32):
        try:
            return np.asarray(entries.array(name, dtype, (count,)), dtype=np.int64)
        except FileError:
            continue
    raise entries.wrong(name, f"an array of shape ({count},) of unsigned integers")
