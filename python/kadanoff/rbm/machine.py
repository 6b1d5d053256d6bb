"""The machine: weights, biases, and what energy they give to states."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from kadanoff import _core, arguments
from kadanoff.errors import FileError
from kadanoff.fixed import FixedAttributes
from kadanoff.saved import SavedMachine

from .core_terms import core_terms
from .likelihood import exact as likelihood
from .likelihood.partition import LogPartition

if TYPE_CHECKING:
    from .pytorch import RBMModule
    from .training.gradients import Gradient

UNITS = ("binary", "spin")
MAX_UNITS = 2**20
MAX_SUM = 1e37

Floats = npt.NDArray[np.float64]
Matrix = npt.NDArray[np.float32]


class RBM(FixedAttributes, SavedMachine):
    r"""A restricted Boltzmann machine.

    Parameters
    ----------
    weights : array_like of float, (n_visible, n_hidden)
        W, kept in float32; at most 2^20 units in a layer.
    visible_bias, hidden_bias : array_like of float, (n_visible,) and (n_hidden,), optional
        a and b; zero by default.
    visible_units, hidden_units : {"binary", "spin"}
        The values of a layer's units: 0 and 1, or -1 and 1.

    Attributes
    ----------
    weights, visible_bias, hidden_bias : ndarray of float32, read-only
    n_visible, n_hidden : int

    Raises
    ------
    ValueError
        If shapes do not agree, a number is not finite, or the terms of a unit add up to more than
        1e37.
    TypeError
        If an argument has the wrong type.

    Notes
    -----
    .. math:: E(v, h) = -a \cdot v - b \cdot h - v^T W h, \qquad p(v, h) \propto e^{-\beta E(v, h)}

    (P. Smolensky, in Parallel Distributed Processing 1 (1986) 194; G. E. Hinton, Neural
    Computation 14 (2002) 1771).

    Examples
    --------
    >>> import kadanoff as kd
    >>> rbm = kd.RBM([[1.0, -1.0], [0.5, 2.0]], visible_bias=[0.0, -1.0])
    >>> rbm
    RBM(2 visible, 2 hidden units)
    >>> rbm.energy([1, 1], [0, 1])
    array(0.)
    """

    _kind = "rbm"
    _fixed = frozenset({"weights", "visible_bias", "hidden_bias", "visible_units", "hidden_units"})

    def __init__(
        self,
        weights: npt.ArrayLike,
        visible_bias: npt.ArrayLike | None = None,
        hidden_bias: npt.ArrayLike | None = None,
        visible_units: str = "binary",
        hidden_units: str = "binary",
    ) -> None:
        self.weights = _numbers("weights", weights, None)
        shape = self.weights.shape
        self.visible_bias = _biases("visible_bias", visible_bias, shape[0])
        self.hidden_bias = _biases("hidden_bias", hidden_bias, shape[1])
        self.visible_units = arguments.choice("RBM", "visible_units", visible_units, UNITS)
        self.hidden_units = arguments.choice("RBM", "hidden_units", hidden_units, UNITS)
        self._check_sums()

    @classmethod
    def random(
        cls,
        n_visible: int,
        n_hidden: int,
        data: npt.ArrayLike | None = None,
        seed: int | None = None,
        scale: float = 0.01,
        visible_units: str = "binary",
        hidden_units: str = "binary",
    ) -> RBM:
        r"""Return a machine to start a training from: small weights, and the biases of the data.

        Parameters
        ----------
        n_visible, n_hidden : int
        data : array_like, (n_samples, n_visible), optional
            Visible states that the biases make, on average; without them, the biases are zero.
        seed : int, optional
            0 <= seed < 2^64. Without it, one is drawn from the operating system.
        scale : float
            Standard deviation of the weights, not negative.
        visible_units, hidden_units : {"binary", "spin"}

        Raises
        ------
        ValueError, TypeError

        Notes
        -----
        With a share :math:`p_i = (n_i + 1) / (N + 2)` of the samples in which unit i is 1, the bias
        is :math:`\ln p_i / (1 - p_i)`, half of it for units of -1 and 1 (G. E. Hinton, A practical
        guide to training restricted Boltzmann machines, section 8). Hidden biases are zero.

        Examples
        --------
        >>> import kadanoff as kd
        >>> kd.RBM.random(2, 5, [[0, 1], [1, 1]], seed=1).visible_bias
        array([0.       , 1.0986123], dtype=float32)
        """
        from .training.starting import random_machine

        return random_machine(n_visible, n_hidden, data, seed, scale, visible_units, hidden_units)

    def with_parameters(self, weights: Matrix, visible_bias: Matrix, hidden_bias: Matrix) -> RBM:
        """Return a machine of the same layers with copies of float32 arrays, which are not checked.

        For the steps of a training, whose parameters are known to be finite.
        """
        new = object.__new__(type(self))
        for name, array in (
            ("weights", weights),
            ("visible_bias", visible_bias),
            ("hidden_bias", hidden_bias),
        ):
            kept = array.copy()
            kept.flags.writeable = False
            setattr(new, name, kept)
        new.visible_units, new.hidden_units = self.visible_units, self.hidden_units
        return new

    @property
    def n_visible(self) -> int:
        """Number of visible units."""
        return len(self.visible_bias)

    @property
    def n_hidden(self) -> int:
        """Number of hidden units."""
        return len(self.hidden_bias)

    @property
    def layers(self) -> tuple[tuple[int, str], tuple[int, str]]:
        """(Number of units, their values) of the visible and of the hidden layer."""
        return (self.n_visible, self.visible_units), (self.n_hidden, self.hidden_units)

    def energy(self, visible: npt.ArrayLike, hidden: npt.ArrayLike) -> Floats:
        """Return E(v, h) in float64, one number for each pair of states.

        Parameters
        ----------
        visible, hidden : array_like, (..., n_visible) and (..., n_hidden)
            Values of the units; the leading axes broadcast.

        Raises
        ------
        ValueError, TypeError
        """
        v = self.states("energy", "visible", visible).astype(np.float64)
        h = self.states("energy", "hidden", hidden).astype(np.float64)
        field = v @ self.weights.astype(np.float64) + self.hidden_bias
        return np.asarray(-(v @ self.visible_bias.astype(np.float64)) - (field * h).sum(axis=-1))

    def free_energy(self, visible: npt.ArrayLike) -> Floats:
        r"""Return F(v) = -ln(sum over h of exp(-E(v, h))) in float64.

        Parameters
        ----------
        visible : array_like, (..., n_visible)

        Raises
        ------
        ValueError, TypeError

        Notes
        -----
        .. math:: F(v) = -a \cdot v - \sum_j \ln(1 + e^{x_j}), \qquad x = b + v^T W

        for hidden units of 0 and 1, and :math:`\ln(2 \cosh x_j)` for those of -1 and 1.

        Examples
        --------
        >>> import kadanoff as kd
        >>> kd.RBM([[0.0, 0.0]]).free_energy([[0], [1]]).round(6).tolist()
        [-1.386294, -1.386294]
        """
        return likelihood.free_energy(self, visible)

    def log_partition(
        self,
        method: str = "exact",
        *,
        beta: float = 1.0,
        chains: int | None = None,
        betas: int | npt.ArrayLike | None = None,
        base_bias: npt.ArrayLike | None = None,
        data: npt.ArrayLike | None = None,
        samples: npt.ArrayLike | None = None,
        seed: int | None = None,
        threads: int | None = None,
    ) -> LogPartition:
        r"""Return :math:`\ln Z = \ln \sum_{v, h} e^{-\beta E(v, h)}` in nats, exact or estimated.

        Parameters
        ----------
        method : {"exact", "ais", "reverse_ais"}
            "exact" sums over all states of the smaller layer, which has at most 24 units.
            "ais" is annealed importance sampling: Z without bias, and ln Z too low where chains
            miss a part of the machine. "reverse_ais" anneals from samples of the machine to the
            base: where these are good, it errs on the other side, and an interval far from that of
            "ais" tells that one of them is wrong.
        beta : float
            Inverse temperature in [0, 1e12]; above 0 for the estimates.
        chains : int, optional
            For "ais": 1 to 2^31, by default 1000.
        betas : int or array_like of float, optional
            For the estimates: the ladder from the base machine to this one, increasing from 0 to 1,
            or how many even steps it has. By default pilots of 128 chains find the number of steps,
            64 to 2^14, at which ln of the weights has a variance of 0.2, or one that falls no more.
        base_bias : array_like of float, (n_visible,), optional
            Visible biases of the base machine, which has no weights. By default, those with which
            units are on as often as in `data`; without data, half of what this is for the last
            states of a pilot.
        data : array_like, (..., n_visible), optional
            States that the base machine is to resemble, such as training data.
        samples : array_like, (..., n_visible)
            For "reverse_ais": independent states of the machine, one for each chain.
        seed : int, optional
            0 <= seed < 2^64; by default one is drawn from the operating system.
        threads : int, optional
            By default as many as the process may use; any number gives the same bits.

        Returns
        -------
        LogPartition
            A float, with `standard_error`, a 95 % `interval`, `effective_sample_size` and
            `log_weights`.

        Raises
        ------
        ValueError, TypeError

        Warns
        -----
        UserWarning
            If there are fewer than 50 effective chains.

        Notes
        -----
        Chain c goes from :math:`s_0 = 0` to :math:`s_K = 1` through the mixtures

        .. math:: p_s(v) \propto e^{(1 - s) a_0 \cdot v} \sum_h e^{-s \beta E(v, h)}

        and gathers the weight :math:`w_c = \prod_k p_{s_{k+1}}(v_k) / p_{s_k}(v_k)`, between
        Gibbs steps that leave each :math:`p_s` as it is; the mean of the weights is Z over that of
        the base machine (R. M. Neal, Statistics and Computing 11 (2001) 125; R. Salakhutdinov and
        I. Murray, ICML 2008, sec. 4.1; in reverse Y. Burda, R. Grosse and R. Salakhutdinov, AISTATS
        2015). Chains are drawn from float32 sums; weights and exact sums are float64.

        Examples
        --------
        >>> import numpy as np
        >>> import kadanoff as kd
        >>> rbm = kd.RBM(np.random.default_rng(1).normal(size=(20, 8)))
        >>> exact = rbm.log_partition()
        >>> estimate = rbm.log_partition("ais", seed=1)
        >>> bool(abs(estimate - exact) < 5 * estimate.standard_error)
        True
        """
        call = "log_partition"
        arguments.choice(call, "method", method, ("exact", "ais", "reverse_ais"))
        if method != "exact":
            from .likelihood.annealed import estimate

            return estimate(
                self, method, beta, chains, betas, base_bias, data, samples, seed, threads
            )
        estimates = {"chains": chains, "betas": betas, "base_bias": base_bias, "data": data}
        for name, value in {**estimates, "samples": samples, "seed": seed}.items():
            if value is not None:
                raise ValueError(f"[{call}] expected no {name} for exact, got {value!r}")
        log_z = _core.log_partition(
            **core_terms(self),
            beta=arguments.real(call, "beta", beta),
            threads=arguments.threads(call, threads) or 0,
        )
        return LogPartition(log_z)

    def log_likelihood(self, visible: npt.ArrayLike, log_z: float | None = None) -> Floats:
        r"""Return ln p(v) = -F(v) - ln Z in nats, float64, one number for each state.

        Parameters
        ----------
        visible : array_like, (..., n_visible)
        log_z : float, optional
            ln Z, such as `log_partition` returns. By default it is worked out, if the smaller layer
            has at most 24 units.

        Raises
        ------
        ValueError, TypeError

        Examples
        --------
        >>> import kadanoff as kd
        >>> kd.RBM([[0.0, 0.0]], [0.0]).log_likelihood([[0], [1]]).round(6).tolist()
        [-0.693147, -0.693147]
        """
        return likelihood.log_likelihood(self, visible, log_z)

    def pseudo_likelihood(self, visible: npt.ArrayLike, threads: int | None = None) -> Floats:
        r"""Return the ln pseudo-likelihood in nats, float64, one number for each state.

        Parameters
        ----------
        visible : array_like, (..., n_visible)
        threads : int, optional
            By default as many as the process may use; any number gives the same bits.

        Raises
        ------
        ValueError, TypeError

        Notes
        -----
        .. math:: \sum_i \ln p(v_i | v_{\ne i})
            = -\sum_i \ln\left(1 + e^{F(v) - F(v^i)}\right),

        where :math:`v^i` is v with unit i turned over (J. Besag, The Statistician 24 (1975) 179):
        the sum over all visible units, where other libraries draw one of them.

        Examples
        --------
        >>> import kadanoff as kd
        >>> rbm = kd.RBM([[0.0], [0.0]], visible_bias=[1.0, -1.0])
        >>> rbm.pseudo_likelihood([1, 0]).round(6) == rbm.log_likelihood([1, 0]).round(6)
        np.True_
        """
        return likelihood.pseudo_likelihood(self, visible, threads)

    def log_likelihood_gradient(self, data: npt.ArrayLike) -> Gradient:
        """Return the gradient of the mean log-likelihood of `data`, exactly.

        See `kadanoff.rbm.log_likelihood_gradient`.

        Parameters
        ----------
        data : array_like, (n_samples, n_visible)

        Raises
        ------
        ValueError, TypeError
        """
        from .training.gradients import log_likelihood_gradient

        return log_likelihood_gradient(self, data)

    def states(
        self, call: str, layer: str, values: npt.ArrayLike, name: str | None = None
    ) -> npt.NDArray[Any]:
        """Return states of a layer as an array, checked; errors are those of `call`."""
        units = self.n_visible if layer == "visible" else self.n_hidden
        encoding = self.visible_units if layer == "visible" else self.hidden_units
        name = layer if name is None else name
        array = arguments.array(call, name, values)
        if array.dtype.kind not in "biuf":
            raise TypeError(f"[{call}] expected numbers for {name}, got dtype {array.dtype}")
        if array.ndim == 0 or array.shape[-1] != units:
            raise ValueError(
                f"[{call}] expected {name} of shape (..., {units}), got shape {array.shape}"
            )
        low = -1 if encoding == "spin" else 0
        wrong = array[(array != low) & (array != 1)]
        if wrong.size:
            raise ValueError(f"[{call}] expected values {low} and 1 for {name}, got {wrong[0]}")
        return array

    def _check_sums(self) -> None:
        """Bound the sums by the largest weight, and only if that is too much look at each."""
        biases = (self.visible_bias, self.hidden_bias)
        bound = max(_largest(bias) for bias in biases) / 3.0 + _largest(self.weights) * max(
            self.weights.shape
        )
        if bound <= MAX_SUM:
            return
        sizes = np.abs(self.weights.astype(np.float64))
        largest = max(
            (np.abs(bias) / 3.0 + sizes.sum(axis=axis)).max()
            for bias, axis in zip(biases, (1, 0), strict=True)
        )
        if largest > MAX_SUM:
            expected = "weights and biases of a unit that add up to at most 1e37"
            raise ValueError(f"[RBM] expected {expected}, got about {largest:.3g}")

    def to_state(self) -> dict[str, Any]:
        """Return what `save` writes, as plain values and arrays."""
        return {
            "weights": self.weights,
            "visible_bias": self.visible_bias,
            "hidden_bias": self.hidden_bias,
            "visible_units": self.visible_units,
            "hidden_units": self.hidden_units,
        }

    @classmethod
    def from_state(cls, entries: Any) -> RBM:
        """Return the machine whose `to_state` was read back as `storage.Entries`."""
        weights = entries.array("weights", np.float32, (None, None))
        try:
            return cls(
                weights,
                entries.array("visible_bias", np.float32, (weights.shape[0],)),
                entries.array("hidden_bias", np.float32, (weights.shape[1],)),
                entries.text("visible_units", UNITS),
                entries.text("hidden_units", UNITS),
            )
        except FileError:
            raise
        except ValueError as error:
            raise FileError(f"[load] expected a machine, got: {error}") from error

    def to_torch(self) -> RBMModule:
        """Return a copy as a `torch.nn.Module` with differentiable energies.

        Returns
        -------
        kadanoff.rbm.pytorch.RBMModule
            With float32 parameters `weights`, `visible_bias` and `hidden_bias`, on the CPU.

        Raises
        ------
        ImportError
            If PyTorch is missing: ``pip install 'kadanoff[nn]'``.
        """
        from .pytorch import RBMModule

        return RBMModule(self)

    @classmethod
    def from_torch(cls, module: Any) -> RBM:
        """Return the machine of a PyTorch module, on any device.

        Parameters
        ----------
        module : torch.nn.Module
            What `to_torch` returns, or another with tensors `weights` (n_visible, n_hidden),
            `visible_bias` and `hidden_bias`, of any floating-point dtype: they are rounded to
            float32. Its units are binary where `visible_units` and `hidden_units` do not say else.

        Raises
        ------
        ImportError
            If PyTorch is missing: ``pip install 'kadanoff[nn]'``.
        TypeError
            If it is no such module.
        ValueError
            If shapes do not agree or a number is not finite.
        """
        from .pytorch import from_module

        return from_module(module)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, RBM):
            return NotImplemented
        own, others = self.to_state(), other.to_state()
        return all(np.array_equal(own[name], others[name]) for name in own)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        def layer(count: int, name: str, units: str) -> str:
            return f"{count} {name}" + (" +-1" if units == "spin" else "")

        visible = layer(self.n_visible, "visible", self.visible_units)
        hidden = layer(self.n_hidden, "hidden", self.hidden_units)
        return f"RBM({visible}, {hidden} units)"


def _numbers(name: str, value: npt.ArrayLike, count: int | None) -> Matrix:
    """Return weights (count None) or `count` biases as read-only float32."""
    array = arguments.array("RBM", name, value)
    if array.dtype.kind not in "iuf":
        raise TypeError(f"[RBM] expected real numbers for {name}, got dtype {array.dtype}")
    if count is None:
        if array.ndim != 2 or not all(1 <= extent <= MAX_UNITS for extent in array.shape):
            wanted = "weights of shape (n_visible, n_hidden) with 1 to 2^20 units in a layer"
            raise ValueError(f"[RBM] expected {wanted}, got shape {array.shape}")
    elif array.shape != (count,):
        raise ValueError(f"[RBM] expected {name} of shape ({count},), got shape {array.shape}")
    with np.errstate(over="ignore"):
        result = np.array(array, dtype=np.float32, order="C")
    if not np.isfinite(_largest(result)):
        wrong = array[~np.isfinite(result)][0]
        raise ValueError(f"[RBM] expected finite {name} in the range of float32, got {wrong}")
    result.flags.writeable = False
    return result


def _largest(array: Matrix) -> float:
    """Return the largest size, or what is not finite."""
    return max(float(array.max()), -float(array.min()))


def _biases(name: str, value: npt.ArrayLike | None, count: int) -> Matrix:
    return _numbers(name, np.zeros(count) if value is None else value, count)
