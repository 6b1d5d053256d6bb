"""Block Gibbs sampling of machines with real visible units."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from kadanoff import _core, arguments, device_arrays

from ..gibbs import HIDDEN_MOMENTS, GibbsSampler, Moments, chosen_chains
from .machine import GaussianRBM


class GaussianGibbsSampler(GibbsSampler):
    r"""What `GibbsSampler` is for a `GaussianRBM`.

    A step draws all hidden units given the visible ones, and then all visible units given the
    hidden ones. Everything is as for a machine with visible units of two values, but: `visible` is
    float32, of any values in [-1e18, 1e18] when assigned; `beta` is in [1e-12, 1e12]; the only
    precision is "float32"; and chains start as if all weights were zero.

    Notes
    -----
    Hidden units compare 64 random bits with the exact threshold of their float32 sum. Visible units
    are normal deviates by the method of Box and Muller, in float32: at most 6.77 standard
    deviations from their mean. Sums are taken in the order of the units and every operation is
    rounded by itself, so that chains do not depend on instruction set, threads or other chains.
    """

    _machine: ClassVar[str] = "kd.GaussianRBM(weights)"
    _machine_class: ClassVar[Any] = GaussianRBM
    _core_class: ClassVar[Any] = _core.GaussianGibbsSampler
    _precisions: ClassVar[tuple[str, ...]] = ("float32",)

    def _values(self, layer: str, bits: Any) -> Any:
        return bits if layer == "visible" else super()._values(layer, bits)

    def _bits(self, layer: str, values: npt.ArrayLike) -> npt.NDArray[Any]:
        if layer == "hidden":
            return super()._bits(layer, values)
        array = self._rbm.states(layer, layer, device_arrays.on_host(layer, values))
        expected = (self.chains, self._rbm.n_visible)
        if array.shape != expected:
            raise ValueError(f"[{layer}] expected shape {expected}, got {array.shape}")
        return np.ascontiguousarray(array, dtype=np.float32)

    def log_weight(self, beta: float | npt.ArrayLike | None = None) -> npt.NDArray[np.float64]:
        """Return ln(sum over h of exp(-beta E(v, h))) of the visible units of each chain, float64.

        Parameters
        ----------
        beta : float or array_like, (chains,), optional
            Inverse temperatures; by default those of the chains.

        Raises
        ------
        ValueError, TypeError
        """
        betas = self.beta if beta is None else arguments.reals("log_weight", "beta", beta)
        betas = np.broadcast_to(betas, self.chains)
        weights: npt.NDArray[np.float64] = self._rbm._log_weight(
            self.visible.astype(np.float64), betas
        )
        return weights

    def moments(self, where: npt.ArrayLike | None = None, hidden: str = "mean") -> Moments:
        r"""Return averages over chains of the units and of their products.

        Parameters
        ----------
        where : array_like of bool, (chains,), optional
            The chains to average; by default all.
        hidden : {"mean", "sampled"}
            What stands for hidden units: their mean given the visible ones, or what was drawn in
            the last step, before the visible units were.

        Returns
        -------
        Moments
            `visible` (n_visible,), `hidden` (n_hidden,), `products` (n_visible, n_hidden): float64.

        Raises
        ------
        ValueError, TypeError

        Notes
        -----
        The gradient of the log-likelihood of data is a difference of averages over the data and
        over the machine: :math:`\langle v_i h_j \rangle / \sigma_i` by the weights,
        :math:`\langle v_i \rangle / \sigma_i^2` by a and :math:`\langle h_j \rangle` by b.
        """
        sampled = arguments.choice("moments", "hidden", hidden, HIDDEN_MOMENTS) == "sampled"
        chosen = chosen_chains(where, self.chains)
        v = self.visible[chosen].astype(np.float64)
        if sampled:
            h = self.hidden[chosen].astype(np.float64)
        else:
            h = self._rbm._hidden_mean(v, self.beta[chosen])
        return Moments(v.mean(axis=0), h.mean(axis=0), v.T @ h / len(v))

    def _visible_state(self, visible: npt.NDArray[Any]) -> npt.NDArray[Any]:
        return visible.reshape(self.chains, -1)

    @staticmethod
    def _saved_visible(entries: Any, chains: int, units: int) -> npt.NDArray[Any]:
        visible: npt.NDArray[Any] = entries.array("visible", np.float32, (chains, units))
        return visible
