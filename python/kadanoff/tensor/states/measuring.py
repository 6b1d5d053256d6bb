"""What can be asked of a matrix product state: expectation values, entropies, configurations."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from kadanoff import arguments

from . import checking, schmidt, transfer
from .configurations import Samples, draw, scaled_amplitudes

if TYPE_CHECKING:
    from .mpo import MPO

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]
MAX_SAMPLES = 2**31
MAX_STATES = 4096


class Measurable:
    """The part of `MPS` that measures; everything is for the state over its norm."""

    tensors: tuple[Array, ...]
    log_scale: float

    @property
    def n_sites(self) -> int:
        """Number of sites."""
        return len(self.tensors)

    @property
    def dimensions(self) -> tuple[int, ...]:
        """Local dimension of each site."""
        return tuple(tensor.shape[1] for tensor in self.tensors)

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of all tensors."""
        return self.tensors[0].dtype

    def _unit(self, center: int, call: str) -> list[Array]:
        raise NotImplementedError

    def log_norm(self) -> float:
        """Return ln of the 2-norm."""
        raise NotImplementedError

    def expectation(self, operator: npt.ArrayLike | MPO, site: int | None = None) -> Any:
        r"""Return :math:`\langle \psi | O | \psi \rangle / \langle \psi | \psi \rangle`.

        Parameters
        ----------
        operator : MPO or array_like
            An MPO for the whole chain, or the matrix of a local operator, rows before columns:
            (d, d), or (D, D) on several neighbouring sites, whose states are numbered with the last
            site fastest, as `numpy.kron` does.
        site : int, optional
            The first site that a matrix acts on. Without it, it acts on each site by itself.

        Returns
        -------
        float or complex, or ndarray (n_sites,) for a matrix without a site
            Real where the state and the operator are; no part is dropped.

        Raises
        ------
        ValueError, TypeError

        Examples
        --------
        >>> import numpy as np
        >>> import kadanoff as kd
        >>> ghz = kd.tensor.MPS.product([0, 0, 0]) + kd.tensor.MPS.product([1, 1, 1])
        >>> z = np.diag([1.0, -1.0])
        >>> bool(np.abs(ghz.expectation(z)).max() < 1e-12)
        True
        >>> round(ghz.expectation(np.kron(z, z), 1), 12)
        1.0
        """
        from .mpo import MPO

        if isinstance(operator, MPO):
            if site is not None:
                raise ValueError(f"[expectation] expected no site for an MPO, got {site!r}")
            checking.same_dimensions("expectation", self.dimensions, operator.dimensions)
            chain = self._unit(0, "expectation")
            return transfer.sandwich(chain, operator.tensors, chain).item()
        matrix = matrix_of("expectation", "operator", operator)
        if site is None:
            operators = _on_each("expectation", matrix, self.dimensions)
            return transfer.local_expectations(self._unit(0, "expectation"), operators)
        first = checking.site("expectation", "site", site, self.n_sites)
        width = width_of("expectation", len(matrix), self.dimensions[first:])
        block = self._unit(first, "expectation")[first : first + width]
        return transfer.block_expectation(block, matrix).item()

    def correlations(self, first: npt.ArrayLike, second: npt.ArrayLike | None = None) -> Array:
        r"""Return :math:`\langle A_i B_j \rangle` for all pairs of sites.

        Parameters
        ----------
        first : array_like, (d, d)
            A, on the site of the row.
        second : array_like, (d, d), optional
            B, on the site of the column; by default A. On the diagonal stands the product A B.

        Returns
        -------
        ndarray, (n_sites, n_sites)

        Raises
        ------
        ValueError, TypeError

        Examples
        --------
        >>> import numpy as np
        >>> import kadanoff as kd
        >>> ghz = kd.tensor.MPS.product([0, 0, 0]) + kd.tensor.MPS.product([1, 1, 1])
        >>> ghz.correlations(np.diag([1.0, -1.0])).round(12).tolist()
        [[1.0, 1.0, 1.0], [1.0, 1.0, 1.0], [1.0, 1.0, 1.0]]
        """
        a = matrix_of("correlations", "first", first)
        b = a if second is None else matrix_of("correlations", "second", second)
        of_a = _on_each("correlations", a, self.dimensions)
        of_b = _on_each("correlations", b, self.dimensions)
        chain = self._unit(0, "correlations")
        dtype = np.result_type(self.dtype, a, b)
        upper = transfer.correlations(chain, of_a, of_b, dtype)
        lower = upper if second is None else transfer.correlations(chain, of_b, of_a, dtype)
        return np.asarray(np.triu(upper) + np.triu(lower, 1).T)

    def reduced_density_matrix(self, sites: npt.ArrayLike) -> Array:
        r"""Return the density matrix of some sites, the others traced out.

        Parameters
        ----------
        sites : int or array_like of int
            Different sites, neighbours or not, of at most 4096 states together. Their order is that
            of the matrix, whose states are numbered with the last one fastest.

        Returns
        -------
        ndarray, (D, D)
            Hermitian, of trace 1.

        Raises
        ------
        ValueError, TypeError

        Examples
        --------
        >>> import kadanoff as kd
        >>> ghz = kd.tensor.MPS.product([0, 0, 0]) + kd.tensor.MPS.product([1, 1, 1])
        >>> ghz.reduced_density_matrix([0, 2]).round(12).diagonal().tolist()
        [0.5, 0.0, 0.0, 0.5]
        """
        call = "reduced_density_matrix"
        array = np.atleast_1d(arguments.array(call, "sites", sites))
        if array.ndim != 1 or array.size == 0 or array.dtype.kind not in "iu":
            raise ValueError(f"[{call}] expected at least one site, got {sites!r}")
        wanted = [checking.site(call, "site", int(i), self.n_sites) for i in array]
        if len(set(wanted)) != len(wanted):
            raise ValueError(f"[{call}] expected different sites, got {wanted}")
        size = math.prod(self.dimensions[i] for i in wanted)
        if size > MAX_STATES:
            raise ValueError(f"[{call}] expected at most {MAX_STATES} states, got {size}")
        first, last = min(wanted), max(wanted)
        part = self._unit(first, call)[first : last + 1]
        density = transfer.density(part, [first + i in wanted for i in range(len(part))])
        # From the order of the chain to the one that was asked for, rows and columns alike.
        ranks = np.argsort(np.argsort(wanted)).tolist()
        dims = [self.dimensions[i] for i in sorted(wanted)]
        axes = [*ranks, *(rank + len(dims) for rank in ranks)]
        return np.ascontiguousarray(density.reshape(dims * 2).transpose(axes)).reshape(size, size)

    def log_amplitudes(self, configurations: npt.ArrayLike) -> tuple[Array, Floats]:
        """Return amplitudes as (phase, ln of the absolute value), of a state of any norm.

        Parameters
        ----------
        configurations : array_like of int, (..., n_sites)
            The state of each site, from 0 to its local dimension - 1.

        Returns
        -------
        phases, logs : ndarray, (...)
            Phases have absolute value 1, or are 0 where the amplitude is; its logarithm is -inf.

        Raises
        ------
        ValueError, TypeError
        """
        return self._log_amplitudes("log_amplitudes", configurations)

    def _log_amplitudes(self, call: str, value: npt.ArrayLike) -> tuple[Array, Floats]:
        states = checking.configurations(call, value, self.dimensions)
        rows = states.reshape(-1, self.n_sites)
        numbers, exponents = scaled_amplitudes(self.tensors, rows)
        sizes = np.abs(numbers).astype(np.float64)
        zero = sizes == 0
        logs = np.log(np.where(zero, 1.0, sizes)) + math.log(2.0) * exponents + self.log_scale
        phases = numbers / np.where(zero, 1.0, sizes).astype(numbers.real.dtype)
        shape = states.shape[:-1]
        return phases.reshape(shape), np.where(zero, -np.inf, logs).reshape(shape)

    def amplitudes(self, configurations: npt.ArrayLike) -> Array:
        """Return the amplitudes of configurations, in the dtype of the state.

        Parameters
        ----------
        configurations : array_like of int, (..., n_sites)
            The state of each site, from 0 to its local dimension - 1.

        Returns
        -------
        ndarray, (...)

        Raises
        ------
        ValueError, TypeError

        Examples
        --------
        >>> import kadanoff as kd
        >>> state = kd.tensor.MPS.product([[1.0, 2.0], [3.0, 4.0]])
        >>> state.amplitudes([[0, 0], [1, 0], [1, 1]]).tolist()
        [3.0, 6.0, 8.0]
        """
        states = checking.configurations("amplitudes", configurations, self.dimensions)
        numbers, exponents = scaled_amplitudes(self.tensors, states.reshape(-1, self.n_sites))
        # exp(log_scale) as a number in [1, 2) and a power of two, so that neither overflows alone.
        power = math.floor(self.log_scale / math.log(2.0))
        factor = math.exp(self.log_scale - power * math.log(2.0))
        powers = np.clip(exponents + power, -4000, 4000)
        parts = [
            part * factor
            for part in ((numbers.real, numbers.imag) if self.dtype.kind == "c" else (numbers,))
        ]
        with np.errstate(over="ignore", under="ignore"):
            parts = [np.ldexp(part, powers) for part in parts]
        result = parts[0] if len(parts) == 1 else parts[0] + 1j * parts[1]
        return np.asarray(result.astype(self.dtype).reshape(states.shape[:-1]))

    def log_likelihood(self, data: npt.ArrayLike) -> Floats:
        r"""Return ln of the probability of each configuration, in nats.

        Parameters
        ----------
        data : array_like of int, (..., n_sites)

        Returns
        -------
        ndarray of float64, (...)
            -inf where the amplitude is zero.

        Raises
        ------
        ValueError, TypeError

        Notes
        -----
        The state as a Born machine: :math:`p(s) = |\psi(s)|^2 / \langle \psi | \psi \rangle` (Z.-Y.
        Han, J. Wang, H. Fan, L. Wang and P. Zhang, Physical Review X 8 (2018) 031012, eq. 1).

        Examples
        --------
        >>> import kadanoff as kd
        >>> state = kd.tensor.MPS.product([[1.0, 1.0], [1.0, -1.0]])
        >>> state.log_likelihood([[0, 1], [1, 1]]).round(6).tolist()
        [-1.386294, -1.386294]
        """
        _, logs = self._log_amplitudes("log_likelihood", data)
        norm = self.log_norm()
        if norm == -math.inf:
            raise ValueError("[log_likelihood] expected a state that is not zero, got zero")
        return np.asarray(2 * (logs - norm))

    def sample(self, n_samples: int, seed: int | None = None) -> Samples:
        r"""Draw independent configurations with the probabilities of the Born rule.

        Parameters
        ----------
        n_samples : int
        seed : int, optional
            0 <= seed < 2^64. Without it, one is drawn from the operating system. The first samples
            of a longer list are those of a shorter one.

        Returns
        -------
        Samples
            `configurations` (n_samples, n_sites), of uint8 where every dimension is at most 256,
            and `log_probabilities` (n_samples,), float64.

        Raises
        ------
        ValueError, TypeError

        Notes
        -----
        Perfect sampling: the state of a site is drawn given those before it (A. J. Ferris and
        G. Vidal, Physical Review B 85 (2012) 165146), in all samples at once.

        Examples
        --------
        >>> import kadanoff as kd
        >>> ghz = kd.tensor.MPS.product([0, 0, 0]) + kd.tensor.MPS.product([1, 1, 1])
        >>> samples = ghz.sample(4, seed=1)
        >>> sorted(set(map(tuple, samples.configurations.tolist())))
        [(0, 0, 0), (1, 1, 1)]
        >>> samples.log_probabilities.round(6).tolist()
        [-0.693147, -0.693147, -0.693147, -0.693147]
        """
        count = arguments.integer("sample", "n_samples", n_samples, 1, MAX_SAMPLES)
        key = arguments.seed("sample", seed)
        return draw(self._unit(0, "sample"), count, key)

    def schmidt_values(self, bond: int | None = None) -> Any:
        r"""Return the Schmidt values at a bond, descending; their squares sum to 1.

        Parameters
        ----------
        bond : int, optional
            Bond i lies between the sites i and i + 1. Without it, a list for all bonds.

        Returns
        -------
        ndarray of float64, (bond dimension,), or a list of them

        Raises
        ------
        ValueError, TypeError

        Notes
        -----
        Values up to :math:`n \varepsilon \lambda_0`, with the larger side n of the matrix and the
        :math:`\varepsilon` of the dtype, are set to zero: they are rounding.
        """
        if bond is None:
            return schmidt.at_bonds(self._unit(0, "schmidt_values"))
        return self._schmidt("schmidt_values", bond)

    def schmidt_rank(self, bond: int | None = None, tolerance: float | None = None) -> Any:
        r"""Return how many Schmidt values there are at a bond.

        Parameters
        ----------
        bond : int, optional
            Bond i lies between the sites i and i + 1. Without it, all.
        tolerance : float, optional
            In [0, 1): count values above this share of the largest one. By default those above
            rounding, as in `schmidt_values`.

        Returns
        -------
        int, or tuple of int, (n_sites - 1,)

        Raises
        ------
        ValueError, TypeError

        Notes
        -----
        A numerical rank. Schmidt values of a machine often fall by more orders of magnitude than a
        float64 has: the rank for generic weights is that of `rbm_separator`, which knows no
        rounding.

        Examples
        --------
        >>> import kadanoff as kd
        >>> up, down = kd.tensor.MPS.product([0, 0, 0]), kd.tensor.MPS.product([1, 1, 1])
        >>> state = up + 1e-3 * down
        >>> state.schmidt_rank(), state.schmidt_rank(1, tolerance=0.01)
        ((2, 2), 1)
        """
        share = checking.tolerance("schmidt_rank", tolerance)
        if bond is not None:
            return schmidt.rank(self._schmidt("schmidt_rank", bond), share)
        return tuple(
            schmidt.rank(s, share) for s in schmidt.at_bonds(self._unit(0, "schmidt_rank"))
        )

    def _schmidt(self, call: str, bond: int) -> Floats:
        if self.n_sites < 2:
            raise ValueError(f"[{call}] expected a chain that has bonds, got 1 site")
        where = arguments.integer(call, "bond", bond, 0, self.n_sites - 2)
        return schmidt.at_bonds(self._unit(where, call)[where : where + 2])[0]

    def entanglement_spectrum(self, bond: int) -> Floats:
        r"""Return :math:`-\ln \lambda_k^2` for the Schmidt values above rounding, ascending.

        Parameters
        ----------
        bond : int

        Raises
        ------
        ValueError, TypeError

        Examples
        --------
        >>> import kadanoff as kd
        >>> ghz = kd.tensor.MPS.product([0, 0, 0]) + kd.tensor.MPS.product([1, 1, 1])
        >>> ghz.entanglement_spectrum(1).round(6).tolist()
        [0.693147, 0.693147]
        """
        values = self._schmidt("entanglement_spectrum", bond)
        return np.asarray(-2 * np.log(values[values > 0]))

    def entropy(self, bond: int | None = None, order: float = 1.0) -> Any:
        r"""Return entanglement entropies in nats.

        Parameters
        ----------
        bond : int, optional
            Bond i lies between the sites i and i + 1. Without it, all.
        order : float
            That of Renyi's entropy, at least 0: 1 is von Neumann's, 0 the logarithm of
            `schmidt_rank`, ``math.inf`` minus that of the largest weight.

        Returns
        -------
        float, or ndarray (n_sites - 1,)

        Raises
        ------
        ValueError, TypeError

        Notes
        -----
        .. math:: S_\alpha = \frac{1}{1 - \alpha} \ln \sum_k \lambda_k^{2 \alpha},
            \qquad S_1 = -\sum_k \lambda_k^2 \ln \lambda_k^2

        Examples
        --------
        >>> import kadanoff as kd
        >>> ghz = kd.tensor.MPS.product([0, 0, 0]) + kd.tensor.MPS.product([1, 1, 1])
        >>> round(ghz.entropy(0, order=2), 6)
        0.693147
        """
        index = checking.renyi_order("entropy", order)
        if bond is not None:
            return schmidt.renyi_entropy(self._schmidt("entropy", bond), index)
        values = schmidt.at_bonds(self._unit(0, "entropy"))
        return np.array([schmidt.renyi_entropy(s, index) for s in values])


def matrix_of(call: str, name: str, value: npt.ArrayLike) -> Array:
    """Return a square matrix of numbers."""
    matrix = checking.numbers(call, name, value)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        wanted = f"{name} as a square matrix"
        raise ValueError(f"[{call}] expected {wanted}, got shape {matrix.shape}")
    return matrix


def _on_each(call: str, matrix: Array, dims: Sequence[int]) -> list[Array]:
    """Return the matrix for each site, all of which must have its dimension."""
    for i, d in enumerate(dims):
        if d != len(matrix):
            got = f"dimension {d} at site {i}"
            raise ValueError(f"[{call}] expected sites of dimension {len(matrix)}, got {got}")
    return [matrix] * len(dims)


def width_of(call: str, size: int, dims: Sequence[int]) -> int:
    """Return on how many sites, from the first on, a matrix of this size acts."""
    product = 1
    for width, d in enumerate(dims, start=1):
        product *= d
        if product == size:
            return width
        if product > size:
            break
    wanted = f"a matrix on neighbouring sites of dimensions {tuple(dims[:3])}"
    raise ValueError(f"[{call}] expected {wanted}, got shape ({size}, {size})")
