"""Machines as the compiled core takes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .gaussian.machine import GaussianRBM
    from .machine import RBM


def core_terms(rbm: RBM | GaussianRBM) -> dict[str, Any]:
    """Return a machine as keyword arguments of the core."""
    terms: dict[str, Any] = {
        "weights": rbm.weights,
        "visible_bias": rbm.visible_bias,
        "hidden_bias": rbm.hidden_bias,
        "hidden_spin": rbm.hidden_units == "spin",
    }
    scale = getattr(rbm, "visible_scale", None)
    if scale is not None:
        return {**terms, "visible_scale": scale}
    return {**terms, "visible_spin": rbm.visible_units == "spin"}
