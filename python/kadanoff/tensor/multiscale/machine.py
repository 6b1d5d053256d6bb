"""The ansatz: its tensors, its energy, its scaling dimensions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from kadanoff import arguments
from kadanoff.errors import Interrupted
from kadanoff.fixed import FixedAttributes
from kadanoff.saved import SavedMachine

from . import chain, growing, isometries, optimising, scaling, spaces
from .chain import Floats
from .layer import Bonds, Layer, expectation, mirror

_CALL = "BinaryMERA"
ISOMETRY_TOLERANCE = 1e-10


class BinaryMERA(FixedAttributes, SavedMachine):
    r"""A scale-invariant modified binary MERA for the critical transverse-field Ising chain.

    Parameters
    ----------
    chi : int
        States of a leg above the lowest layer, 2 to 32.
    middle : int, optional
        States of a leg between disentangler and isometry, 2 to chi; by default about 2/3 of chi, at
        least 4.
    transitional : int
        Layers below the scale-invariant one, 1 to 8.
    symmetry : {"z2", "none"}
        Whether tensors keep the parity :math:`\prod_i \sigma^z_i`; half of the states are odd then.
    seed : int, optional
        0 <= seed < 2^64, of the isometries to begin with; by default from the operating system.

    Attributes
    ----------
    chi, middle, transitional, seed, iterations : int
    symmetry : str
    layers : tuple of Layer
        From the lowest, the last one scale-invariant; `u` is (d, d, m, m), `w` is (d, m, chi).

    Raises
    ------
    ValueError, TypeError

    Notes
    -----
    The infinite chain :math:`H = -\sum_i \sigma^x_i \sigma^x_{i+1} - \sum_i \sigma^z_i` in sites of
    two spins. Four sites become two in a layer, with one disentangler, its own mirror image, and
    two isometries, mirror images of each other (G. Evenbly and G. Vidal, arXiv:1109.5334; Phys.
    Rev. B 79 (2009) 144108). Contractions cost :math:`\chi^7`.

    Examples
    --------
    >>> import kadanoff as kd
    >>> machine = kd.tensor.BinaryMERA(4, seed=1).optimise(100)
    >>> machine
    BinaryMERA(chi=4, middle=4, 2 transitional layers, z2, 100 iterations)
    >>> 0.0 < machine.energy_error < 1e-3
    True
    """

    _kind = "mera"
    _fixed = frozenset({"chi", "middle", "transitional", "symmetry", "seed"})

    def __init__(
        self,
        chi: int = 6,
        *,
        middle: int | None = None,
        transitional: int = 2,
        symmetry: str = "z2",
        seed: int | None = None,
    ) -> None:
        self.chi = arguments.integer(_CALL, "chi", chi, 2, 32)
        if middle is None:
            middle = spaces.default_middle(self.chi)
        self.middle = arguments.integer(_CALL, "middle", middle, 2, self.chi)
        self.transitional = arguments.integer(_CALL, "transitional", transitional, 1, 8)
        self.symmetry = arguments.choice(_CALL, "symmetry", symmetry, spaces.SYMMETRIES)
        self.seed = arguments.seed(_CALL, seed)
        self.iterations = 0
        self._legs = spaces.legs_of_layers(self.chi, self.middle, self.transitional, self.symmetry)
        generator = np.random.default_rng(self.seed)
        self.layers = tuple(_first_layer(legs, generator) for legs in self._legs)
        self._known: tuple[Any, Bonds] | None = None

    def __repr__(self) -> str:
        return (
            f"BinaryMERA(chi={self.chi}, middle={self.middle}, {self.transitional} transitional "
            f"layers, {self.symmetry}, {self.iterations} iterations)"
        )

    @property
    def energy(self) -> float:
        r"""Energy per spin of the state, an upper bound of :math:`-4 / \pi`."""
        states = self.density_matrices(0)
        return 0.5 * expectation(chain.bonds(), states) / chain.SPINS

    @property
    def energy_error(self) -> float:
        r""":math:`(E - E_0) / |E_0|` with the exact :math:`E_0 = -4 / \pi` per spin."""
        return (self.energy - chain.EXACT_ENERGY) / abs(chain.EXACT_ENERGY)

    def density_matrices(self, layer: int | None = None) -> Bonds:
        r"""Return the density matrices of a bond from A to B and of one from B to A.

        Parameters
        ----------
        layer : int, optional
            Below which layer: 0 for sites of two spins; by default the scale-invariant one.

        Returns
        -------
        (ndarray, ndarray)
            float64, (d, d, d, d): ket of both sites, bra of both; averages over all such bonds.

        Raises
        ------
        ValueError, TypeError

        Examples
        --------
        >>> import numpy as np
        >>> import kadanoff as kd
        >>> ab, ba = kd.tensor.BinaryMERA(4, seed=1).density_matrices(0)
        >>> float(np.trace(ab.reshape(16, 16)).round(12))
        1.0
        """
        last = self.transitional
        wanted = last if layer is None else layer
        wanted = arguments.integer("density_matrices", "layer", wanted, 0, last)
        if self._known is None or self._known[0] is not self.layers:
            self._known = self.layers, optimising.fixed_point(self.layers[-1])
        states = self._known[1]
        for one in reversed(self.layers[wanted:last]):
            states = one.descend(states)
        return states

    def scaling_dimensions(self, count: int = 6, sector: str = "all") -> Floats:
        r"""Return the lowest scaling dimensions, ascending, the identity's 0 included.

        Parameters
        ----------
        count : int
            1 to 40.
        sector : {"all", "even", "odd"}
            Of operators that keep the parity of states, of those that change it, or both. Without
            the symmetry there is only "all".

        Returns
        -------
        ndarray of float64, (count,)

        Raises
        ------
        ValueError, TypeError

        Notes
        -----
        An eigenvalue :math:`\lambda` of the scaling superoperator is
        :math:`2^{-\Delta}` (arXiv:1109.5334): here of operators on bonds, averaged over
        the places of a bond in the layer. The Ising model has 0, 1/8 (sigma), 1 (epsilon), and
        descendants, 9/8, 9/8, 2, ...

        Examples
        --------
        >>> import kadanoff as kd
        >>> machine = kd.tensor.BinaryMERA(4, seed=1).optimise(300)
        >>> bool(abs(machine.scaling_dimensions(1, "odd")[0] - 0.125) < 0.004)
        True
        """
        call = "scaling_dimensions"
        count = arguments.integer(call, "count", count, 1, 40)
        arguments.choice(call, "sector", sector, scaling.SECTORS)
        if self.symmetry == spaces.NONE:
            if sector != "all":
                raise ValueError(f"[{call}] expected sector 'all' without symmetry, got {sector!r}")
            sector = "even"
        return scaling.scaling_dimensions(self.layers[-1], self._legs[-1].upper, count, sector)

    def central_charge(self) -> float:
        r"""Return the central charge c, 1/2 for the Ising model, from entropies.

        Notes
        -----
        :math:`S_2 - S_1 = (c / 3) \log_2 2` for two sites and one of the scale-invariant chain, in
        bits (R. N. C. Pfeifer, G. Evenbly and G. Vidal, Phys. Rev. A 79 (2009) 040301).
        """
        return scaling.central_charge(self.density_matrices())

    def optimise(
        self,
        iterations: int = 1000,
        *,
        warmup: int = 60,
        momentum: float = 0.95,
        callback: Callable[[BinaryMERA], Any] | None = None,
    ) -> BinaryMERA:
        """Lower the energy by rounds of linearised updates of all tensors.

        Parameters
        ----------
        iterations : int
            Rounds to do, 0 to 10^7.
        warmup : int
            The disentanglers stay as they are until the machine has seen so many rounds.
        momentum : float
            Largest share of the last step that is taken again, 0 to below 1. With 0 the energy
            falls in every round, five times as slowly.
        callback : callable, optional
            Called with the machine after each round; if it returns True, this was the last.

        Returns
        -------
        BinaryMERA
            This one.

        Raises
        ------
        ValueError, TypeError
        Interrupted
            A KeyboardInterrupt; the machine is as it was after the last whole round.
        """
        call = "optimise"
        iterations = arguments.integer(call, "iterations", iterations, 0, 10**7)
        warmup = arguments.integer(call, "warmup", warmup, 0, 10**7)
        share = arguments.real(call, "momentum", momentum)
        if not 0.0 <= share < 1.0:
            raise ValueError(f"[{call}] expected momentum in [0, 1), got {share}")
        if callback is not None and not callable(callback):
            raise TypeError(f"[{call}] expected a callable callback, got {callback!r}")
        last = self.iterations + iterations
        try:
            now = optimising.begin(self.layers)
            while self.iterations < last:
                late = self.iterations >= warmup
                now = optimising.one_round(now, self._legs, disentangle=late, momentum=share)
                self.layers, self.iterations = now.layers, self.iterations + 1
                if callback is not None and callback(self) is True:
                    break
        except KeyboardInterrupt:
            done = self.iterations + iterations - last
            raise Interrupted(f"[{call}] stopped after {done} of {iterations} rounds") from None
        return self

    def grown(self, chi: int, *, middle: int | None = None, seed: int | None = None) -> BinaryMERA:
        """Return a machine with more states on its legs, in nearly the state of this one.

        Parameters
        ----------
        chi, middle : int, optional
            As for `BinaryMERA`, and not less than here.
        seed : int, optional
            Of what fills the new states.

        Raises
        ------
        ValueError, TypeError

        Examples
        --------
        >>> import kadanoff as kd
        >>> small = kd.tensor.BinaryMERA(4, seed=1).optimise(100)
        >>> large = small.grown(5, seed=1)
        >>> large, bool(abs(large.energy - small.energy) < 1e-3)
        (BinaryMERA(chi=5, middle=4, 2 transitional layers, z2, 100 iterations), True)
        """
        call = "grown"
        arguments.integer(call, "chi", chi, self.chi, 32)
        if middle is not None:
            arguments.integer(call, "middle", middle, self.middle, chi)
        machine = BinaryMERA(
            chi,
            middle=middle,
            transitional=self.transitional,
            symmetry=self.symmetry,
            seed=self.seed if seed is None else seed,
        )
        arguments.integer(call, "middle", machine.middle, self.middle, chi)
        generator = np.random.default_rng(machine.seed)
        machine.layers = tuple(
            growing.grown_layer(layer, old, new, generator)
            for layer, old, new in zip(self.layers, self._legs, machine._legs, strict=True)
        )
        machine.iterations = self.iterations
        return machine

    def to_state(self) -> dict[str, Any]:
        """Return what `save` writes, as plain values and arrays."""
        tensors = {
            str(place): {"u": layer.u, "w": layer.w} for place, layer in enumerate(self.layers)
        }
        names = ("chi", "middle", "transitional", "symmetry", "seed", "iterations")
        return {**{name: getattr(self, name) for name in names}, "layers": tensors}

    @classmethod
    def from_state(cls, entries: Any) -> BinaryMERA:
        """Return the machine whose `to_state` was read back as `storage.Entries`."""
        try:
            machine = cls(
                entries.integer("chi", 2, 32),
                middle=entries.integer("middle", 2, 32),
                transitional=entries.integer("transitional", 1, 8),
                symmetry=entries.text("symmetry", spaces.SYMMETRIES),
                seed=entries.integer("seed", 0, 2**64 - 1),
            )
        except ValueError:
            raise entries.wrong("chi", "a number of states that the layers can have") from None
        machine.iterations = entries.integer("iterations", 0, 2**63 - 1)
        tensors = entries.group("layers")
        machine.layers = tuple(
            _read_layer(tensors.group(str(place)), layer)
            for place, layer in enumerate(machine.layers)
        )
        return machine


def _first_layer(legs: spaces.Legs, generator: np.random.Generator) -> Layer:
    """Return an isometry drawn at random, and a disentangler that does nothing."""
    lower, middle, upper = (len(parities) for parities in (legs.lower, legs.middle, legs.upper))
    one = np.zeros((lower, middle))
    for parity in np.unique(legs.middle):
        columns = np.flatnonzero(legs.middle == parity)
        one[np.flatnonzero(legs.lower == parity)[: len(columns)], columns] = 1.0
    w = isometries.random(*legs.w_spaces, generator).reshape(lower, middle, upper)
    return Layer(np.einsum("pr,qs->pqrs", one, one), w)


def _read_layer(entries: Any, like: Layer) -> Layer:
    """Return a layer that was read, whose tensors must be isometries and mirror images."""
    u = entries.array("u", np.float64, like.u.shape)
    w = entries.array("w", np.float64, like.w.shape)
    for name, tensor in (("u", u), ("w", w)):
        upper = 2 if name == "u" else 1
        matrix = tensor.reshape(-1, int(np.prod(tensor.shape[-upper:])))
        if not np.abs(matrix.T @ matrix - np.eye(matrix.shape[1])).max() < ISOMETRY_TOLERANCE:
            raise entries.wrong(name, "an isometry")
    if not np.abs(u - mirror(u)).max() < ISOMETRY_TOLERANCE:
        raise entries.wrong("u", "its own mirror image")
    return Layer(u, w)
