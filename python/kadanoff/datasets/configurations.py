"""Configurations of the Ising model at several temperatures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from kadanoff import arguments
from kadanoff.lattices import Lattice
from kadanoff.models import Ising
from kadanoff.sampler import Sampler

from .dataset import Dataset

if TYPE_CHECKING:
    from typing_extensions import Self

TEMPERATURES = (1.8, 2.27, 3.0)
MIN_TEMPERATURE = 1e-12


class IsingDataset(Dataset):
    """Configurations at several temperatures; made by `ising`.

    Attributes
    ----------
    data : ndarray of int8, (n, n_sites)
        Spins -1 and 1: rows for a machine of `visible_units="spin"`.
    labels : ndarray of int64, (n,)
        Number of the sample's temperature in the list that was asked for.
    temperatures : ndarray of float64, (n,)
        The sample's temperature.
    sample_shape : tuple of int
        That of the lattice.
    """

    _fixed = frozenset({"data", "labels", "sample_shape", "temperatures"})

    def __init__(
        self,
        data: npt.NDArray[Any],
        labels: npt.NDArray[np.int64],
        sample_shape: tuple[int, ...],
        temperatures: npt.NDArray[np.float64],
    ) -> None:
        super().__init__(data, labels, sample_shape)
        self.temperatures = temperatures.view()
        self.temperatures.flags.writeable = False

    @property
    def spins(self) -> npt.NDArray[np.int8]:
        """A view of the spins, int8 of -1 and 1, (n,) + `sample_shape`, read-only."""
        return self.images

    @property
    def bits(self) -> npt.NDArray[np.uint8]:
        """A copy of the spins as uint8 of 0 and 1, (n, n_sites): rows for binary visible units."""
        return (self.data > 0).view(np.uint8)

    def _rows(self, rows: slice | npt.NDArray[Any]) -> Self:
        parts = self.data[rows], self.labels[rows], self.sample_shape, self.temperatures[rows]
        return type(self)(*parts)


def ising(
    lattice: Lattice,
    temperatures: float | npt.ArrayLike = TEMPERATURES,
    per_temperature: int = 1000,
    seed: int = 1,
    *,
    sweeps: int | None = None,
    threads: int | None = None,
) -> IsingDataset:
    r"""Draw independent configurations of the ferromagnetic Ising model, J = 1, without a field.

    Parameters
    ----------
    lattice : Lattice
    temperatures : float or sequence of float
        In units of J, 1e-12 or more.
    per_temperature : int
        Configurations at each temperature, at least 1.
    seed : int
        0 <= seed < 2^64.
    sweeps : int, optional
        Swendsen-Wang sweeps before a configuration is taken, at least 1; by default
        :math:`50 + 10 N^{1/4}` on N sites.
    threads : int, optional
        By default as many as the process may use. The spins do not depend on it.

    Returns
    -------
    IsingDataset
        `per_temperature` rows at the first temperature, then those at the second, and so on.

    Raises
    ------
    ValueError
        If a value is out of its range or the spins would not fit into memory.
    TypeError

    Notes
    -----
    Each configuration is the last state of a replica of its own, so they are independent, at
    the critical temperature too; it starts from one of the two ground states, drawn for it.
    What is left of the start decays as :math:`e^{-t / \tau}`. At the critical point of a torus,
    where it is longest, :math:`\tau` of Swendsen-Wang updates grows as about :math:`N^{1/8}` in
    two dimensions, :math:`N^{0.16}` in three, :math:`N^{1/4}` on a complete graph (R. H. Swendsen,
    J.-S. Wang, Phys. Rev. Lett. 58 (1987) 86): the default is more than ten of them.

    Examples
    --------
    >>> import kadanoff as kd
    >>> data = kd.datasets.ising(kd.Square(8), [1.8, 3.0], per_temperature=500, seed=1)
    >>> data.spins.shape, data.spins.dtype, data.labels[499:501].tolist()
    ((1000, 8, 8), dtype('int8'), [0, 1])
    >>> cold = data[data.temperatures < 2].spins
    >>> bool(abs(cold.mean(axis=(1, 2))).mean() > 0.9)
    True
    """
    call = "ising"
    if not isinstance(lattice, Lattice):
        raise TypeError(f"[{call}] expected a lattice such as kd.Square(16), got {lattice!r}")
    wanted = arguments.reals(call, "temperatures", temperatures)
    wrong = wanted[~((wanted >= MIN_TEMPERATURE) & np.isfinite(wanted))]
    if wrong.size:
        expected = f"finite temperatures of {MIN_TEMPERATURE:g} or more"
        raise ValueError(f"[{call}] expected {expected}, got {wrong[0]:g}")
    count = arguments.integer(call, "per_temperature", per_temperature, 1, 2**31 // len(wanted))
    default = 50 + round(10 * lattice.n_sites**0.25)
    sweeps = arguments.integer(call, "sweeps", default if sweeps is None else sweeps, 1, 2**40)
    threads = arguments.threads(call, threads)
    labels = np.repeat(np.arange(len(wanted)), count)
    sampler = Sampler(
        Ising(lattice),
        beta=1 / wanted[labels],
        update="swendsen-wang",
        replicas=len(labels),
        seed=arguments.integer(call, "seed", seed, 0, 2**64 - 1),
        threads=threads,
    )
    sampler.run(sweeps)
    return IsingDataset(
        sampler.spins.reshape(len(labels), -1), labels, lattice.shape, wanted[labels]
    )
