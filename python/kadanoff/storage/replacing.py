"""Replacing a file in one step: readers see the old file or the new one, never a part."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import re
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[int]:
    """Give a descriptor of a temporary file that takes the place of `path` at the end.

    When the block ends well, the temporary is flushed to the disk and renamed over `path`, and
    the directory is flushed. When it does not, the temporary is removed and `path` is as before.

    Parameters
    ----------
    path : path-like
        The file to replace. A symbolic link stays, and the file that it points to is replaced.

    Yields
    ------
    int
        A file descriptor, open for reading and writing, at offset 0.

    Raises
    ------
    OSError
        With `path` as its file name: a missing directory, no permission, a write-protected file, a
        directory or device in the place of a file, a full disk.

    Notes
    -----
    The temporary is ``.NAME.<16 hexadecimal digits>.tmp`` in the directory of the target, with the
    permissions of the old file or those that the umask gives a new one. Its writer holds a
    ``flock`` on it, which the kernel drops when the writer dies, even by SIGKILL. The next
    writer of the same file removes the temporaries that nobody holds, so that they do not pile up.
    Other hard links to the old file keep the old content.
    """
    shown = os.fspath(path)
    try:
        target = Path(os.path.realpath(shown))
        mode = _mode_of_target(target)
        _remove_abandoned(target)
        descriptor, temporary = _create_temporary(target, mode)
        try:
            yield descriptor
            os.fsync(descriptor)
            temporary.replace(target)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        finally:
            os.close(descriptor)  # not before the rename: it gives up the lock
        _flush_directory(target.parent)
    except OSError as error:
        reason = error.strerror or str(error)
        text = f"[save] expected to write the whole file, got: {reason}"
        raise OSError(error.errno or errno.EIO, text, shown) from error


def _mode_of_target(target: Path) -> int | None:
    """Return the permissions of an existing target, None where there is none yet."""
    try:
        status = target.stat()
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "something that is not a regular file")
    if not os.access(target, os.W_OK, effective_ids=os.access in os.supports_effective_ids):
        raise PermissionError(errno.EACCES, "a write-protected file")
    return stat.S_IMODE(status.st_mode) & 0o777


def _stem(target: Path) -> str:
    """Begin the names of the target's temporaries; cut so that they fit into 255 bytes."""
    return "." + os.fsdecode(os.fsencode(target.name)[:200]) + "."


def _create_temporary(target: Path, mode: int | None) -> tuple[int, Path]:
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    while True:
        temporary = target.parent / f"{_stem(target)}{secrets.token_hex(8)}.tmp"
        descriptor = os.open(temporary, flags, 0o666 if mode is None else mode | stat.S_IWUSR)
        try:
            if mode is not None:
                os.fchmod(descriptor, mode)
            with contextlib.suppress(OSError):  # no locks here: then nobody removes it either
                fcntl.flock(descriptor, fcntl.LOCK_EX)
            # Between open and flock another writer may have taken it for abandoned.
            if os.fstat(descriptor).st_nlink > 0:
                return descriptor, temporary
        except BaseException:
            os.close(descriptor)
            temporary.unlink(missing_ok=True)
            raise
        os.close(descriptor)


def _remove_abandoned(target: Path) -> None:
    """Remove the temporaries of this target whose writers are dead."""
    pattern = re.compile(re.escape(_stem(target)) + r"[0-9a-f]{16}\.tmp")
    leftovers: list[Path] = []
    with contextlib.suppress(PermissionError), os.scandir(target.parent) as entries:
        leftovers = [Path(entry.path) for entry in entries if pattern.fullmatch(entry.name)]
    for leftover in leftovers:
        with contextlib.suppress(OSError):
            descriptor = os.open(leftover, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                leftover.unlink()
            finally:
                os.close(descriptor)


def _flush_directory(directory: Path) -> None:
    """Make the rename durable; some file systems cannot and say EINVAL."""
    try:
        descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except PermissionError:  # a directory may be writable and not readable
        return
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(descriptor)
