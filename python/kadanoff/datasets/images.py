"""Images of digits, binarised."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from kadanoff import arguments
from kadanoff.errors import FileError

from .dataset import Dataset
from .idx import read_idx

DIGITS_WHITE = 16
MNIST_WHITE = 255


def digits(threshold: float | None = 0.5) -> Dataset:
    """Return the 1797 handwritten digits of 8 x 8 pixels that scikit-learn carries.

    Parameters
    ----------
    threshold : float, optional
        In [0, 1): a pixel is 1 if it is brighter than this share of white. None keeps the grey
        values, float32 in [0, 1].

    Returns
    -------
    Dataset
        `data` uint8 (1797, 64), `labels` the digits. `Dataset.split` holds some out.

    Raises
    ------
    ImportError
        If scikit-learn is missing: ``pip install 'kadanoff[sklearn]'``.
    ValueError, TypeError

    Notes
    -----
    The test set of E. Alpaydin, C. Kaynak, Optical Recognition of Handwritten Digits, UCI Machine
    Learning Repository (1998), 43 people's hands. White is 16.

    Examples
    --------
    >>> import kadanoff as kd
    >>> train, test = kd.datasets.digits().split(held_out=0.2, seed=1)
    >>> train.data.shape, test.data.shape
    ((1438, 64), (359, 64))
    """
    threshold = _threshold("digits", threshold)
    try:
        from sklearn.datasets import load_digits
    except ImportError as error:
        raise ImportError(
            "[digits] expected scikit-learn, got none: pip install 'kadanoff[sklearn]'"
        ) from error
    bunch = load_digits()
    data = _binarised(bunch.data, DIGITS_WHITE, threshold)
    return Dataset(data, bunch.target.astype(np.int64), (8, 8))


def mnist(
    directory: str | os.PathLike[str], threshold: float | None = 0.5
) -> tuple[Dataset, Dataset]:
    """Read MNIST, or a set in the same files such as Fashion-MNIST, from a directory.

    Parameters
    ----------
    directory : path-like
        With the files ``train-images-idx3-ubyte``, ``train-labels-idx1-ubyte``,
        ``t10k-images-idx3-ubyte`` and ``t10k-labels-idx1-ubyte``, each plain or ending in ".gz",
        with "-" or "." before "idx".
    threshold : float, optional
        In [0, 1): a pixel is 1 if it is brighter than this share of white. None keeps the grey
        values, float32 in [0, 1].

    Returns
    -------
    train, test : Dataset
        `data` uint8 (n, height * width), of MNIST (60000, 784) and (10000, 784).

    Raises
    ------
    FileNotFoundError
        If one of the files is not there.
    FileError
        A ValueError: one is damaged, or images and labels do not fit together.
    ValueError, TypeError, OSError
    """
    threshold = _threshold("mnist", threshold)
    parts = [_read_part(Path(directory), part, threshold) for part in ("train", "t10k")]
    if parts[0].sample_shape != parts[1].sample_shape:
        shapes = f"{parts[0].sample_shape} and {parts[1].sample_shape}"
        raise FileError(f"[mnist] expected images of one size, got {shapes}: {directory}")
    return parts[0], parts[1]


def _read_part(directory: Path, part: str, threshold: float | None) -> Dataset:
    image_path = _find(directory, f"{part}-images", "idx3-ubyte")
    label_path = _find(directory, f"{part}-labels", "idx1-ubyte")
    images, labels = read_idx(image_path), read_idx(label_path)
    for array, axes, path in ((images, 3, image_path), (labels, 1, label_path)):
        if array.dtype != np.uint8 or array.ndim != axes:
            got = f"{array.dtype} with {array.ndim}"
            raise FileError(f"[mnist] expected uint8 with {axes} axes, got {got}: {path}")
    if len(images) != len(labels):
        raise FileError(
            f"[mnist] expected a label for each of {len(images)} images, got {len(labels)}: "
            f"{label_path}"
        )
    height, width = images.shape[1:]
    data = _binarised(images.reshape(-1, height * width), MNIST_WHITE, threshold)
    return Dataset(data, labels.astype(np.int64), (height, width))


def _find(directory: Path, stem: str, kind: str) -> Path:
    for dot in "-.":
        for end in ("", ".gz"):
            path = directory / f"{stem}{dot}{kind}{end}"
            if path.is_file():
                return path
    raise FileNotFoundError(f"[mnist] expected {stem}-{kind}, plain or .gz, got none: {directory}")


def _threshold(call: str, value: Any) -> float | None:
    if value is None:
        return None
    threshold = arguments.real(call, "threshold", value)
    if not 0 <= threshold < 1:
        raise ValueError(f"[{call}] expected threshold in [0, 1), got {threshold:g}")
    return threshold


def _binarised(values: npt.NDArray[Any], white: int, threshold: float | None) -> Any:
    if threshold is None:
        return values.astype(np.float32) / np.float32(white)
    return np.asarray(values > threshold * white).view(np.uint8)
