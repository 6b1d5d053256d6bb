"""Random networks for tests: few labels, in any number of tensors, several times in one of them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st

import kadanoff as kd

DTYPES = ("float32", "float64", "complex64", "complex128")


class Network(NamedTuple):
    arrays: list[np.ndarray]
    labels: list[str]
    output: str
    path: list[tuple[int, int]]

    def make(self) -> kd.TensorNetwork:
        return kd.TensorNetwork(list(zip(self.arrays, self.labels, strict=True)), self.output)

    @property
    def equation(self) -> str:
        return f"{','.join(self.labels)}->{self.output}"

    def expected(self, **other: np.ndarray) -> Any:
        """The result by NumPy, in double precision; other arrays take the place of `k0`, `k1`..."""
        arrays = [other.get(f"k{k}", array) for k, array in enumerate(self.arrays)]
        wide = [array.astype(np.result_type(array, np.float64)) for array in arrays]
        return np.einsum(self.equation, *wide, optimize=True)

    def scale(self) -> Any:
        """The sum of the absolute values of all terms: errors are a part of it."""
        wide = [np.abs(array).astype(np.float64) for array in self.arrays]
        return np.einsum(self.equation, *wide, optimize=True)

    def tolerance(self) -> Any:
        eps = np.finfo(np.result_type(*self.arrays)).eps
        return 40 * eps * self.scale() + np.finfo(np.float32).tiny


def random_array(rng: np.random.Generator, shape: tuple[int, ...], dtype: str) -> np.ndarray:
    values = rng.normal(size=shape)
    if dtype.startswith("complex"):
        values = values + 1j * rng.normal(size=shape)
    return np.array(values, dtype=dtype)


@st.composite
def networks(draw: Any, largest: int = 4, smallest: int = 1) -> Network:
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    sizes = draw(st.lists(st.integers(smallest, largest), min_size=1, max_size=8))
    names = "abcdefgh"[: len(sizes)]
    tensors = draw(
        st.lists(st.text(alphabet=names, min_size=0, max_size=4), min_size=1, max_size=6)
    )
    used = sorted(set("".join(tensors)))
    output = draw(st.lists(st.sampled_from(used), unique=True, max_size=4)) if used else []
    dtypes = draw(
        st.lists(st.sampled_from(DTYPES), min_size=len(tensors), max_size=len(tensors))
        | st.sampled_from(DTYPES).map(lambda dtype: [dtype] * len(tensors))
    )
    arrays = [
        random_array(rng, tuple(sizes[names.index(x)] for x in labels), dtype)
        for labels, dtype in zip(tensors, dtypes, strict=True)
    ]
    path = [
        tuple(sorted(int(k) for k in rng.choice(left, 2, replace=False)))
        for left in range(len(tensors), 1, -1)
    ]
    return Network(arrays, tensors, "".join(output), path)


def ising_square(length: int, beta: float = 0.44) -> list[tuple[np.ndarray, list[Any]]]:
    """The open Ising square as tensors of one site: labels are bonds, Z is the contraction."""
    half = np.linalg.cholesky(
        np.array([[np.exp(beta), np.exp(-beta)], [np.exp(-beta), np.exp(beta)]])
    )
    tensors = []
    for y in range(length):
        for x in range(length):
            bonds = [("v", y, x), ("h", y, x), ("v", y + 1, x), ("h", y, x + 1)]
            inside = [bond for bond in bonds if 0 < bond[1 if bond[0] == "v" else 2] < length]
            site = np.zeros((2,) * len(inside))
            for spin in range(2):
                term = np.ones(())
                for _ in inside:
                    term = np.multiply.outer(term, half[spin])
                site += term
            tensors.append((site, inside))
    return tensors
