"""Data of binary units: images, patterns, configurations of our own sampler, files of others.

- `digits`: the 8 x 8 digits that scikit-learn carries;
- `bars_and_stripes`: all patterns of a grid whose distribution is known;
- `ising`: configurations at several temperatures;
- `mnist`, `read_idx`, `write_idx`: MNIST and its kin, in the user's own files.

>>> import kadanoff as kd
>>> kd.datasets.bars_and_stripes(2, 2).tolist()
[[0, 0, 0, 0], [0, 0, 1, 1], [1, 1, 0, 0], [1, 1, 1, 1], [0, 1, 0, 1], [1, 0, 1, 0]]
"""

from __future__ import annotations

from .configurations import ising
from .dataset import Dataset
from .idx import read_idx, write_idx
from .images import digits, mnist
from .ising_dataset import IsingDataset, IsingSampling
from .packed import PackedSpins
from .patterns import bars_and_stripes

__all__ = [
    "Dataset",
    "IsingDataset",
    "IsingSampling",
    "PackedSpins",
    "bars_and_stripes",
    "digits",
    "ising",
    "mnist",
    "read_idx",
    "write_idx",
]
