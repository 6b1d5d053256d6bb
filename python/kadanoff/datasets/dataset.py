"""`Dataset`: samples as rows, with labels."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from kadanoff import arguments
from kadanoff.fixed import FixedAttributes

if TYPE_CHECKING:
    from typing_extensions import Self


class Dataset(FixedAttributes):
    """Samples as rows, ready for a machine's visible layer, with labels.

    Parameters
    ----------
    data : ndarray, (n, units)
        uint8 of 0 and 1, int8 of -1 and 1, or float32 in [0, 1].
    labels : ndarray of int64, (n,)
    sample_shape : tuple of int
        Of one sample, whose sites in row-major order are the units.

    Attributes
    ----------
    data, labels, sample_shape
        As given; the arrays are read-only.

    Raises
    ------
    ValueError
        If labels or the shape do not fit the rows.
    TypeError

    Examples
    --------
    >>> import numpy as np
    >>> rows = np.array([[0, 0, 1, 1], [1, 0, 1, 0], [0, 1, 0, 1]], dtype=np.uint8)
    >>> data = Dataset(rows, np.array([5, 6, 6]), (2, 2))
    >>> data
    Dataset(3 samples of shape (2, 2), uint8)
    >>> data.images[0].tolist()
    [[0, 0], [1, 1]]
    >>> data[data.labels == 6].data.tolist()
    [[1, 0, 1, 0], [0, 1, 0, 1]]
    """

    _fixed = frozenset({"labels", "sample_shape"})

    def __init__(
        self, data: npt.NDArray[Any], labels: npt.NDArray[np.int64], sample_shape: tuple[int, ...]
    ) -> None:
        call = "Dataset"
        rows = arguments.array(call, "data", data)
        marks = arguments.array(call, "labels", labels)
        if rows.ndim != 2 or marks.shape != rows.shape[:1]:
            got = f"{rows.shape} and {marks.shape}"
            raise ValueError(f"[{call}] expected rows (n, units) and labels (n,), got {got}")
        if math.prod(sample_shape) != rows.shape[1]:
            expected = f"a sample_shape of {rows.shape[1]} units"
            raise ValueError(f"[{call}] expected {expected}, got {tuple(sample_shape)}")
        self._data = read_only(rows)
        self.labels = read_only(marks)
        self.sample_shape = sample_shape

    @property
    def data(self) -> npt.NDArray[Any]:
        """The samples as rows, (n, units), read-only."""
        return self._data

    @property
    def shape(self) -> tuple[int, ...]:
        """That of `data`, (n, units): a data set is array-like."""
        return self.data.shape

    @property
    def images(self) -> npt.NDArray[Any]:
        """A view of `data` in the shape of the samples, (n,) + `sample_shape`, read-only."""
        return self.data.reshape(len(self), *self.sample_shape)

    def split(self, held_out: float = 0.2, seed: int = 1) -> tuple[Self, Self]:
        """Return two data sets, one to train on and one held out, that share no sample.

        Parameters
        ----------
        held_out : float
            Share of the samples to hold out, in (0, 1), rounded to whole samples.
        seed : int
            Which ones; 0 <= seed < 2^64.

        Returns
        -------
        train, test : Dataset
            Both in a random order.

        Raises
        ------
        ValueError
            If a part would be empty.
        TypeError

        Examples
        --------
        >>> import numpy as np
        >>> data = Dataset(np.eye(10, dtype=np.uint8), np.arange(10), (10,))
        >>> train, test = data.split(held_out=0.3, seed=1)
        >>> len(train), len(test), sorted([*train.labels.tolist(), *test.labels.tolist()])
        (7, 3, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
        """
        share = arguments.real("split", "held_out", held_out)
        rng = np.random.default_rng(arguments.fixed_seed("split", seed))
        count = round(share * len(self)) if 0 < share < 1 else 0
        if not 0 < count < len(self):
            expected = f"held_out in (0, 1) that leaves samples on both sides of {len(self)}"
            raise ValueError(f"[split] expected {expected}, got {share:g}")
        order = rng.permutation(len(self))
        return self[order[count:]], self[order[:count]]

    def __getitem__(self, rows: slice | npt.NDArray[Any]) -> Self:
        """Return the data set of some rows: a slice, a mask, or an array of row numbers."""
        if not isinstance(rows, slice) and np.ndim(rows) != 1:
            raise TypeError(f"[Dataset] expected a slice or an array of rows, got {rows!r}")
        return self._rows(rows)

    def _rows(self, rows: slice | npt.NDArray[Any]) -> Self:
        return type(self)(self.data[rows], self.labels[rows], self.sample_shape)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> npt.NDArray[Any]:
        """Let functions that take an array take the data set: its `data`."""
        if dtype is None or dtype == self.data.dtype:
            return self.data.copy() if copy else self.data
        if copy is False:
            raise ValueError(f"[Dataset] expected dtype {self.data.dtype} without a copy")
        return self.data.astype(dtype)

    def __len__(self) -> int:
        return len(self.data)

    def __repr__(self) -> str:
        kind = type(self).__name__
        return f"{kind}({len(self)} samples of shape {self.sample_shape}, {self.data.dtype})"


def read_only(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return a view that cannot be written to."""
    view: npt.NDArray[Any] = array.view()
    view.flags.writeable = False
    return view
