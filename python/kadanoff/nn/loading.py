"""Configurations as tensors: packed rows in memory or in a file, unpacked a batch at a time."""

from __future__ import annotations

import operator
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import torch

from kadanoff import arguments
from kadanoff.datasets import Dataset, IsingDataset, PackedSpins

if TYPE_CHECKING:
    from torch import Tensor

MAX_BATCH = 2**24


class SpinDataset(torch.utils.data.Dataset):
    """Configurations as float32 tensors of -1 and 1 in the shape of the lattice, with targets.

    Parameters
    ----------
    data : IsingDataset or Dataset
        Rows stay packed, one bit per spin, in memory or in the file of `IsingDataset.load`. Of
        other data sets, positive units become 1, the others -1.
    targets : array_like, (n,) or (n, k), optional
        What a network is to say about each row; by default `data.labels`. Integers become int64,
        floats float32.

    Raises
    ------
    ValueError, TypeError

    Examples
    --------
    >>> import kadanoff as kd
    >>> data = kd.datasets.ising(kd.Square(4), [2.0, 3.0], 10, seed=1)
    >>> rows = kd.nn.SpinDataset(data, data.temperatures > 2.5)
    >>> spins, target = rows[12]
    >>> spins.shape, target
    (torch.Size([4, 4]), tensor(1))
    """

    def __init__(self, data: Dataset, targets: npt.ArrayLike | None = None) -> None:
        if not isinstance(data, Dataset):
            expected = "a data set such as kd.datasets.Dataset(rows, labels, shape)"
            raise TypeError(f"[SpinDataset] expected {expected}, got {type(data).__name__}")
        self.spins = data.packed if isinstance(data, IsingDataset) else PackedSpins.pack(data.data)
        self.shape = data.sample_shape
        given = arguments.array(
            "SpinDataset", "targets", data.labels if targets is None else targets
        )
        if given.ndim not in (1, 2) or len(given) != len(data):
            expected = f"targets of shape ({len(data)},) or ({len(data)}, k)"
            raise ValueError(f"[SpinDataset] expected {expected}, got shape {given.shape}")
        if given.dtype.kind not in "biuf":
            raise TypeError(f"[SpinDataset] expected targets as numbers, got {given.dtype}")
        self.targets = torch.tensor(
            given.astype(np.float32 if given.dtype.kind == "f" else np.int64)
        )

    def batch(self, rows: slice | npt.NDArray[Any]) -> tuple[Tensor, Tensor]:
        """Return some rows at once: float32, (rows,) + `shape`, and their targets.

        Parameters
        ----------
        rows : slice or ndarray
            A slice, a mask or row numbers.
        """
        spins = self.spins.unpack(rows, np.float32)
        # By NumPy, as PyTorch has no slices that go backwards.
        targets = torch.from_numpy(np.ascontiguousarray(self.targets.numpy()[rows]))
        return torch.from_numpy(spins).reshape(-1, *self.shape), targets

    def __getitem__(self, row: int | slice) -> tuple[Tensor, Tensor]:
        """Return one row, or `batch` of a slice."""
        if isinstance(row, slice):
            return self.batch(row)
        count = len(self)
        number = operator.index(row)
        if not -count <= number < count:
            raise IndexError(f"[SpinDataset] expected a row of {count}, got {number}")
        spins, targets = self.batch(np.array([number]))
        return spins[0], targets[0]

    def __getitems__(self, rows: Sequence[int]) -> list[tuple[Tensor, Tensor]]:
        """Return rows as a list, as PyTorch's loader asks for them."""
        return list(zip(*self.batch(np.asarray(rows)), strict=True))

    def __len__(self) -> int:
        return len(self.spins)


class BatchLoader:
    """Batches of a `SpinDataset`, each unpacked in one go, in a new order each time.

    Parameters
    ----------
    data : SpinDataset or Dataset
    batch_size : int
        At least 1; the last batch has what is left.
    shuffle : bool
        False for the order of the rows.
    seed : int
        Of the orders; 0 <= seed < 2^64.

    Attributes
    ----------
    epoch : int
        Passes begun: an order is a function of (seed, epoch).

    Raises
    ------
    ValueError, TypeError

    Examples
    --------
    >>> import kadanoff as kd
    >>> data = kd.datasets.ising(kd.Square(4), [2.0, 3.0], 50, seed=1)
    >>> [len(targets) for spins, targets in kd.nn.BatchLoader(data, batch_size=40)]
    [40, 40, 20]
    """

    def __init__(
        self,
        data: SpinDataset | Dataset,
        batch_size: int = 128,
        shuffle: bool = True,
        seed: int = 1,
    ) -> None:
        self.data = data if isinstance(data, SpinDataset) else SpinDataset(data)
        self.batch_size = arguments.integer("BatchLoader", "batch_size", batch_size, 1, MAX_BATCH)
        self.seed = arguments.fixed_seed("BatchLoader", seed)
        self.shuffle = shuffle
        self.epoch = 0

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        count = len(self.data)
        key = np.random.SeedSequence(self.seed, spawn_key=(self.epoch,))
        self.epoch += 1
        if not self.shuffle:
            for start in range(0, count, self.batch_size):
                yield self.data.batch(slice(start, start + self.batch_size))
            return
        order = np.argsort(np.random.Philox(key).random_raw(count), kind="stable")
        for start in range(0, count, self.batch_size):
            yield self.data.batch(order[start : start + self.batch_size])

    def __len__(self) -> int:
        return -(-len(self.data) // self.batch_size)
