"""A file that takes I/O errors to itself, so that they never pass through the HDF5 library."""

from __future__ import annotations

import os
from typing import Any


class HeldFile:
    """A file-like object over a descriptor for h5py; it keeps its first error and does not raise.

    After a failed write HDF5 cannot close its file, and complains or aborts when the process ends.
    Here it always succeeds: from the first error on, writes are dropped and reads give
    zeros. Whoever uses the object calls `release` afterwards.

    Parameters
    ----------
    descriptor : int
        An open file descriptor; it is not closed here.
    """

    def __init__(self, descriptor: int) -> None:
        self._error: BaseException | None = None
        self._descriptor = descriptor
        self._position = 0

    def release(self) -> None:
        """Raise the first exception that a read or write met: an OSError or KeyboardInterrupt."""
        error, self._error = self._error, None
        try:
            if error is not None:
                raise error
        finally:
            del error  # else the traceback, this frame and the exception keep each other alive

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move to `offset`; the size is the descriptor's own."""
        origins = {os.SEEK_SET: 0, os.SEEK_CUR: self._position}
        origin = origins[whence] if whence in origins else os.fstat(self._descriptor).st_size
        self._position = origin + offset
        return self._position

    def tell(self) -> int:
        """Return the position."""
        return self._position

    def readinto(self, buffer: Any) -> int:
        """Fill `buffer`, with zeros past the end of the file."""
        view = memoryview(buffer).cast("B")
        done = 0
        try:
            # A damaged file sends HDF5 to positions that no system call takes.
            if self._error is None and 0 <= self._position < os.fstat(self._descriptor).st_size:
                done = read_fully(self._descriptor, view, self._position)
        except BaseException as error:
            self._error = error
        view[done:] = bytes(len(view) - done)
        self._position += len(view)
        return len(view)

    def read(self, size: int) -> bytes:
        """Read `size` bytes as `readinto` does."""
        buffer = bytearray(size)
        self.readinto(buffer)
        return bytes(buffer)

    def write(self, buffer: Any) -> int:
        """Write all of `buffer`, or nothing after an error."""
        view = memoryview(buffer).cast("B")
        try:
            done = 0
            while self._error is None and done < len(view):
                done += os.pwrite(self._descriptor, view[done:], self._position + done)
        except BaseException as error:
            self._error = error
        self._position += len(view)
        return len(view)

    def truncate(self, size: int) -> int:
        """Cut or extend the file to `size` bytes."""
        try:
            if self._error is None:
                os.ftruncate(self._descriptor, size)
        except BaseException as error:
            self._error = error
        return size

    def flush(self) -> None:
        """Do nothing: nothing is buffered."""


def read_fully(descriptor: int, view: memoryview, position: int) -> int:
    """Read into `view` from `position` until it is full or the file ends; return the bytes read."""
    done = 0
    while done < len(view):
        got = os.preadv(descriptor, [view[done:]], position + done)
        if got == 0:
            break
        done += got
    return done
