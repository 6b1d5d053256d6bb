"""Arrays whose memory is used again once nobody holds them."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Arrays = list[npt.NDArray[Any]]

LEAST_KEPT, MOST_KEPT = 2**17, 2**25
"""Bytes between which memory is kept: less comes back from the heap as it is, more takes long."""


class SpareArrays:
    """Arrays that were lent last, and the time before: a loop holds the last while it asks anew.

    Fresh memory is cleared page by page when it is first touched, which takes longer than a small
    gradient. The arrays lent are views: what owns the memory is held here, and by them.
    """

    def __init__(self) -> None:
        self._kept: dict[Any, list[Arrays]] = {}

    @contextlib.contextmanager
    def lent(self, like: Sequence[npt.NDArray[Any]]) -> Iterator[Arrays]:
        """Give arrays of type and shape of others, with any values; safe in several threads."""
        if not LEAST_KEPT <= sum(array.nbytes for array in like) <= MOST_KEPT:
            yield [np.empty(array.shape, array.dtype) for array in like]
            return
        key = tuple((array.dtype, array.shape) for array in like)
        lists = self._kept.pop(key, [])
        owners = lists.pop(0) if len(lists) > 1 else [np.empty(x.shape, x.dtype) for x in like]
        for k, array in enumerate(like):
            if _references(owners, k) > _ALONE:
                owners[k] = np.empty(array.shape, array.dtype)
        yield [owner.view() for owner in owners]
        self._kept = {key: [*lists, owners]}

    def __reduce__(self) -> tuple[type[SpareArrays], tuple[()]]:
        return SpareArrays, ()


def _references(owners: Arrays, k: int) -> int:
    return sys.getrefcount(owners[k])


_ALONE = _references([np.empty(0)], 0)
"""Of an array that nothing but the list holds; views hold what they are views of."""
