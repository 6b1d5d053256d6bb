"""What a renormalisation flow leaves behind."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from . import fixed_points
from .networks import Network, Start

Floats = npt.NDArray[np.float64]

_FEW = 5  # eigenvalues that tell the two lowest dimensions
_NOTHING = 1e-14  # of the largest element, what a trace of 0 may be by rounding
_REST = 1e-9
_PATIENCE = 4  # steps without a smaller change before the search for a plateau ends


class Step(NamedTuple):
    """What one step of a flow gives: a network of `cells` times fewer tensors.

    `growth` is ln of the factor that was taken out of the new tensor.
    """

    network: Network
    cells: int
    growth: float
    error: float
    spectrum: Floats


@dataclass(frozen=True, eq=False)
class Flow:
    r"""A renormalisation flow of a uniform network, from `trg`, `bond_weighted_trg` or `hotrg`.

    Entry n of what goes by step is after n steps, entry 0 of the tensor that the flow began with.

    Attributes
    ----------
    method : str
    chi : int
        Largest dimension of a leg.
    log_z : ndarray of float64, (steps + 1,)
        ln Z per site of the torus that one tensor stands for by then; of one cell it may be -inf.
    sites : ndarray of float64, (steps + 1,)
        Sites of that torus.
    truncation_errors : ndarray of float64, (steps,)
        Share of the sum of squared singular values that a step did not keep, at worst.
    spectra : tuple of ndarray of float64
        Singular values that each step kept, descending, over the largest.
    transfer_spectra : tuple of ndarray of float64, steps + 1
        Sizes of the leading eigenvalues of the transfer matrix of one tensor, over the largest.
    degeneracy : ndarray of float64, (steps + 1,)
        :math:`(\sum_n \lambda_n)^2 / \sum_n \lambda_n^2` of these matrices: it goes to the number
        of phases, 1 above and 2 below the critical temperature of the Ising model (Z.-C. Gu and
        X.-G. Wen, Phys. Rev. B 80 (2009) 155131, eq. 15).
    expectations : dict of str to ndarray of float64, (steps + 1,)
        Observables, each per cell, on that torus. One that has come to rest, to 1e-9 of it in two
        steps, stays as it is: rounding errors of impurities grow from step to step.
    order_parameters : dict of str to ndarray of float64, (steps + 1,)
        Of observables with an odd part under the parity of the flow: the root of that part's
        correlation over a distance of two tensors, on an infinite cylinder of the circumference of
        one, between the leading even and odd vectors of the transfer matrix. Where the symmetry
        breaks, it goes to the spontaneous value, elsewhere to 0.
    fixed_point_step : int
        The step that changes the two lowest scaling dimensions least, on the first plateau: at a
        critical point tensors come close to a fixed point, and truncation drives them off again.
    fixed_point_tensor : ndarray of float64
        The tensor after that step, T[up, left, down, right] or T[z-, y-, x-, z+, y+, x+], with the
        roots of bond weights on its legs.
    """

    method: str
    chi: int
    log_z: Floats
    sites: Floats
    truncation_errors: Floats
    spectra: tuple[Floats, ...]
    transfer_spectra: tuple[Floats, ...]
    degeneracy: Floats
    expectations: dict[str, Floats]
    order_parameters: dict[str, Floats]
    fixed_point_step: int
    fixed_point_tensor: Floats

    @property
    def steps(self) -> int:
        """Number of steps."""
        return len(self.log_z) - 1

    @cached_property
    def _pair(self) -> Floats:
        """Eigenvalues of the transfer matrix of two fixed-point tensors, one above the other."""
        if self.fixed_point_tensor.ndim != 4:
            raise ValueError("[Flow] expected a flow in two dimensions, got one in three")
        return fixed_points.pair_eigenvalues(self.fixed_point_tensor)

    @cached_property
    def scaling_dimensions(self) -> Floats:
        r"""Scaling dimensions at the fixed point, ascending, the first 0: of two dimensions.

        From the eigenvalues of the transfer matrix of two fixed-point tensors one above the other,
        :math:`\Delta_n = -\ln(\lambda_n / \lambda_0) / \pi` (Z.-C. Gu and X.-G. Wen, Phys. Rev. B
        80 (2009) 155131, sec. V). Away from a critical point they only tell the phase.

        Raises
        ------
        ValueError
            If the flow is in three dimensions.
        """
        return fixed_points.dimensions(self._pair, 0.5)

    @cached_property
    def central_charge(self) -> float:
        r"""Central charge at the fixed point, of two dimensions.

        With :math:`\lambda^{(m)}` the largest eigenvalue of the transfer matrix of m tensors around
        the circumference, :math:`\ln\lambda^{(m)} = m f + \pi c / (6 m)`, so that
        :math:`c = (4 / \pi) (2 \ln\lambda^{(1)} - \ln\lambda^{(2)})`.

        Raises
        ------
        ValueError
            If the flow is in three dimensions.
        """
        pair = float(self._pair[0])
        closed = np.einsum("ulur->lr", self.fixed_point_tensor)
        return fixed_points.central_charge(float(np.abs(np.linalg.eigvals(closed)).max()), pair)


class _Recorder:
    """Gathers a flow, and keeps the tensor of its most stationary step."""

    def __init__(self, call: str, start: Start) -> None:
        self.call, self.start = call, start
        self.cells, self.per_cell = 1.0, start.log_scale
        self.log_z: list[float] = []
        self.sites: list[float] = []
        self.spectra: list[Floats] = []
        self.degeneracy: list[float] = []
        self.expectations: dict[str, list[float]] = {}
        self.orders: dict[str, list[float]] = {}
        self.last = np.empty(0)
        self.best = math.inf, 0, start.network
        self.observe(start.network)

    def grow(self, cells: int, growth: float) -> None:
        self.cells *= cells
        self.per_cell += growth / self.cells

    def observe(self, network: Network) -> None:
        matrix = network.closed(network.tensor)
        trace = float(np.trace(matrix))
        # On a torus of one cell an antiferromagnet has no ground state: Z may vanish.
        lost = not self.log_z and abs(trace) < _NOTHING * float(np.abs(network.tensor).max())
        if not trace > 0.0 and not lost:
            step, wanted = len(self.log_z), "a positive partition function"
            text = f"[{self.call}] expected {wanted}, got {trace:.3g} after step {step}"
            hint = ": raise chi, or take ctmrg or boundary_mps" if step else ""
            raise ValueError(text + hint)
        log_trace = math.log(trace) if trace > 0.0 else -math.inf
        self.log_z.append((self.per_cell + log_trace / self.cells) / self.start.sites)
        self.sites.append(self.start.sites * self.cells)
        squared = float(np.sum(matrix * matrix.T))
        self.degeneracy.append(trace**2 / squared if squared else math.nan)
        self._observables(network, matrix, trace)
        values = fixed_points.transfer_eigenvalues(network)
        self.spectra.append(values / (values[0] or 1.0))
        self._stationary(network, values)

    def _observables(self, network: Network, matrix: Floats, trace: float) -> None:
        for impurity in network.impurities:
            closed = network.closed(impurity.tensor)
            if impurity.parity == 0:
                value = float(np.trace(closed)) / trace if trace else math.nan
                values = self.expectations.setdefault(impurity.name, [])
                values.append(values[-1] if _at_rest(values) else value)
            else:
                value = fixed_points.order_parameter(matrix, closed, network.legs[-1])
                self.orders.setdefault(impurity.name, []).append(value)

    def _stationary(self, network: Network, values: Floats) -> None:
        """Keep the tensor where the lowest dimensions change least, until they change more again.

        The finite size of the first tensors and the truncation of the later ones both move them.
        """
        step = len(self.log_z) - 1
        if step > self.best[1] + _PATIENCE and math.isfinite(self.best[0]):
            return
        if len(network.legs) == 2:
            pair = fixed_points.pair_eigenvalues(network.dense(), _FEW)
            lowest = fixed_points.dimensions(pair, 0.5)[1:3]
        else:
            lowest = fixed_points.dimensions(values, 1.0)[1:3]
        speed = math.inf
        if lowest.size == self.last.size == 2 and np.isfinite([lowest, self.last]).all():
            speed = float(np.abs(lowest - self.last).max())
        if speed < self.best[0] or not math.isfinite(self.best[0]):
            self.best = speed, step, network
        self.last = lowest


def _at_rest(values: list[float]) -> bool:
    """Whether the last two changes are nothing but rounding errors."""
    changes = np.abs(np.diff(values[-3:]))
    return len(changes) == 2 and bool((changes <= _REST * abs(values[-1])).all())


def run(
    method: str, chi: int, steps: int, start: Start, advance: Callable[[Network], Step]
) -> Flow:
    """Take `steps` steps from `start`, and return the flow."""
    recorder = _Recorder(method, start)
    network, errors, spectra = start.network, [], []
    for _ in range(steps):
        step = advance(network)
        network = step.network
        recorder.grow(step.cells, step.growth)
        recorder.observe(network)
        errors.append(step.error)
        spectra.append(step.spectrum)
    _, best, fixed = recorder.best
    return Flow(
        method=method,
        chi=chi,
        log_z=np.array(recorder.log_z),
        sites=np.array(recorder.sites),
        truncation_errors=np.array(errors),
        spectra=tuple(spectra),
        transfer_spectra=tuple(recorder.spectra),
        degeneracy=np.array(recorder.degeneracy),
        expectations={name: np.array(values) for name, values in recorder.expectations.items()},
        order_parameters={name: np.array(values) for name, values in recorder.orders.items()},
        fixed_point_step=best,
        fixed_point_tensor=fixed.dense(),
    )
