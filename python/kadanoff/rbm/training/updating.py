"""The parameters of a machine while it is trained, and what a pair of phases makes of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..gibbs import Moments
from ..machine import RBM
from .optimizers import Memory, Optimizer

Vector = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Rules:
    """How gradients become steps; see `RBMTrainer` for the meaning of each."""

    optimizer: Optimizer
    weight_decay: float
    l1: float
    clip: float | None
    centred: bool
    offset_rate: float
    weight_limit: float


class Parameters:
    """Weights and biases in one float32 vector, with the arrays that a step needs.

    Parameters
    ----------
    rbm : RBM
        Where to start; it is copied.
    rules : Rules
    memory : dict of arrays
        What the optimiser remembers; it is copied.
    offsets : (ndarray, ndarray) or None
        Offsets of both layers, float32; None before the first minibatch.
    """

    def __init__(
        self, rbm: RBM, rules: Rules, memory: Memory, offsets: tuple[Vector, Vector] | None
    ) -> None:
        self._rbm = rbm
        self._rules = rules
        size = rbm.weights.size + rbm.n_visible + rbm.n_hidden
        self._values, self._step = np.empty(size, np.float32), np.empty(size, np.float32)
        self._weights, self._visible, self._hidden = self._parts(self._values)
        self._weights[:], self._visible[:] = rbm.weights, rbm.visible_bias
        self._hidden[:] = rbm.hidden_bias
        self._scratch = np.empty_like(self._weights)
        self._at_zero = np.zeros(self._weights.shape, dtype=np.bool_)
        self.memory = {name: array.copy() for name, array in memory.items()}
        self.offsets = None if offsets is None else (offsets[0].copy(), offsets[1].copy())
        self.gradient_norm = 0.0

    def _parts(self, vector: Vector) -> tuple[Vector, Vector, Vector]:
        visible, hidden = self._rbm.n_visible, self._rbm.n_hidden
        weights = vector[: visible * hidden].reshape(visible, hidden)
        return weights, vector[weights.size : weights.size + visible], vector[-hidden:]

    def machine(self) -> RBM:
        """Return a machine of the parameters as they are now."""
        return self._rbm.with_parameters(self._weights, self._visible, self._hidden)

    def largest(self) -> float:
        """Return the size of the largest weight; nan or inf where any parameter is."""
        weight = max(float(self._weights.max()), -float(self._weights.min()))
        # Products with zero keep what is finite out, and let nan through.
        biases = 0.0 * (float(np.sum(self._visible)) + float(np.sum(self._hidden)))
        return weight + biases

    def update(self, positive: Moments, negative: Moments, rate: float, count: int) -> None:
        """Take the step number `count`, from 1 on."""
        rules = self._rules
        if rules.centred:
            self._move_offsets(positive)
        self._set_gradient(positive, negative)
        self.gradient_norm = _norm(self._step)
        if rules.clip is not None and self.gradient_norm > rules.clip:
            self._step *= np.float32(rules.clip / self.gradient_norm)
        rules.optimizer.step(self.memory, self._step, rate, count)
        self._decay(rate)
        if rules.centred:
            self._keep_offsets_out_of_biases()
        self._values += self._step
        if rules.l1 > 0.0:
            np.copyto(self._weights, 0.0, where=self._at_zero)

    def _move_offsets(self, positive: Moments) -> None:
        means = positive.visible.astype(np.float32), positive.hidden.astype(np.float32)
        if self.offsets is None:
            self.offsets = means
            return
        share = np.float32(self._rules.offset_rate)
        for offset, mean in zip(self.offsets, means, strict=True):
            offset += share * (mean - offset)

    def _set_gradient(self, positive: Moments, negative: Moments) -> None:
        weights, visible, hidden = self._parts(self._step)
        pairs = zip((weights, visible, hidden), _ordered(positive, negative), strict=True)
        for out, (up, down) in pairs:
            np.subtract(up, down, out=out, casting="same_kind")
        if self._rules.centred and self.offsets is not None:
            # <(v - m)(h - l)> in both phases: their difference needs no more than the means.
            scratch = self._scratch
            np.multiply(visible[:, None], self.offsets[1], out=scratch)
            weights -= scratch
            np.multiply(self.offsets[0][:, None], hidden, out=scratch)
            weights -= scratch

    def _decay(self, rate: float) -> None:
        """Let weights decay, beside the gradient (I. Loshchilov and F. Hutter, ICLR 2019)."""
        step, scratch = self._parts(self._step)[0], self._scratch
        if self._rules.weight_decay > 0.0:
            np.multiply(self._weights, np.float32(rate * self._rules.weight_decay), out=scratch)
            step -= scratch
        if self._rules.l1 > 0.0:
            # The proximal step: weights reach zero and stay there, and do not swing about it.
            bound = np.float32(rate * self._rules.l1)
            np.add(self._weights, step, out=scratch)
            np.less_equal(np.abs(scratch), bound, out=self._at_zero)
            np.clip(scratch, -bound, bound, out=scratch)
            step -= scratch

    def _keep_offsets_out_of_biases(self) -> None:
        """Turn the step of centred biases into that of plain ones (Melchior et al., eq. 7, 8)."""
        assert self.offsets is not None
        weights, visible, hidden = self._parts(self._step)
        # Not by BLAS, whose sums may depend on its threads.
        visible -= np.einsum("ij,j->i", weights, self.offsets[1])
        hidden -= np.einsum("i,ij->j", self.offsets[0], weights)


def _ordered(positive: Moments, negative: Moments) -> tuple[tuple[Any, Any], ...]:
    """Return pairs of averages in the order of the vector."""
    return (
        (positive.products, negative.products),
        (positive.visible, negative.visible),
        (positive.hidden, negative.hidden),
    )


def _norm(vector: Vector) -> float:
    return float(np.sqrt(np.einsum("i,i->", vector, vector)))
