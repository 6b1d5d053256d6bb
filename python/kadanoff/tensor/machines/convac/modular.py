"""Exact ranks: floating-point numbers are fractions, and fractions have residues modulo a prime.

The rank modulo a prime is at most the rank, and less only if the prime divides every one of the
largest minors that are not zero, which has a probability of about 1e-9 for numbers drawn at random.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Residues = npt.NDArray[np.int64]

PRIMES = (2**31 - 1, 2**31 - 19)
_HALF = 16


def residues(values: npt.NDArray[np.float64], prime: int) -> Residues:
    """Return the residues of float64 numbers, each of them an integer times a power of two."""
    mantissas, exponents = np.frexp(values)
    whole = np.ldexp(mantissas, 53).astype(np.int64) % prime
    powers = {
        exponent: pow(2, int(exponent) - 53, prime) for exponent in np.unique(exponents).tolist()
    }
    factors = np.array([powers[one] for one in exponents.ravel().tolist()], dtype=np.int64)
    result: Residues = whole * factors.reshape(values.shape) % prime
    return result


def multiply(left: Residues, right: Residues, prime: int) -> Residues:
    """Return the product of two matrices modulo a prime below 2^31.

    Halves of 16 bits are multiplied in float64: sums of up to 2^21 products are exact.
    """
    total: Residues = np.zeros((left.shape[0], right.shape[1]), dtype=np.int64)
    mask = 2**_HALF - 1
    for left_shift in (_HALF, 0):
        one = ((left >> left_shift) & mask).astype(np.float64)
        for right_shift in (_HALF, 0):
            other = ((right >> right_shift) & mask).astype(np.float64)
            part = (one @ other).astype(np.int64) % prime
            total += part * pow(2, left_shift + right_shift, prime) % prime
    return total % prime


def rank(matrix: Residues, prime: int, bound: int, seed: int = 0) -> int:
    """Return the rank of a matrix modulo a prime, if it is at most `bound`.

    Sides longer than the bound are first folded together with random factors, which loses rank with
    a probability of 1 / prime.
    """
    generator = np.random.default_rng(seed)
    if bound < matrix.shape[0]:
        factors = generator.integers(0, prime, size=(bound, matrix.shape[0]))
        matrix = multiply(factors, matrix, prime)
    if bound < matrix.shape[1]:
        factors = generator.integers(0, prime, size=(matrix.shape[1], bound))
        matrix = multiply(matrix, factors, prime)
    return _eliminate(matrix if matrix.shape[0] <= matrix.shape[1] else matrix.T, prime)


def _eliminate(matrix: Residues, prime: int) -> int:
    """Return how many rows are left by Gaussian elimination."""
    left = np.array(matrix, order="C")
    found = 0
    while len(left):
        pivot, left = left[0], left[1:]
        columns = np.flatnonzero(pivot)
        if not len(columns):
            continue
        column = columns[0]
        scaled = pivot * pow(int(pivot[column]), -1, prime) % prime
        left = (left - left[:, column : column + 1] * scaled) % prime
        # The column is zero from here on.
        left = np.delete(left, column, axis=1)
        found += 1
    return found
