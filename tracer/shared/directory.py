"""An open directory: files are made relative to it, whatever happens to its path.

Under sudo everything is done with the rights of the caller (`tracer.shared.owner`).
"""

from __future__ import annotations

import ctypes
import errno
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import IO, Final, Self

from tracer.shared.libc import LIBC
from tracer.shared.owner import as_caller

_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_READ: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
PRIVATE: Final = 0o600
PUBLIC: Final = 0o666
_PRIVATE_DIRECTORY: Final = 0o700
_NO_REPLACE, _EXCHANGE = 1, 2
"""Of renameat2(2)."""
_NO_LINKS: Final = (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK)
"""The errnos of link(2) on a file system without hard links."""


class Directory:
    """An open directory. All of its methods raise OSError."""

    def __init__(self, path: Path, *, within: Directory | None = None, ours: bool = False) -> None:
        """Open ``path``; with ``within``, that directory's entry ``path``, unless it is a link.

        ``ours``: use this process's own rights even under sudo, since it made the directory.
        """
        self._rights: Callable[[], AbstractContextManager[None]] = (
            within._rights if within else nullcontext if ours else as_caller
        )
        self.path: Path = within.path / path if within else path
        flags = os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC | (os.O_NOFOLLOW if within else 0)
        with self._rights():
            self.fd: int = os.open(path, flags, dir_fd=within.fd if within else None)

    def __enter__(self) -> Self:
        """Return itself; it is closed at the end of the block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()

    def close(self) -> None:
        """Close; files opened in it stay open."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1

    def make(self, name: str) -> Directory:
        """Make a directory that only its owner may enter, whatever the umask, and open it."""
        with self._rights():
            os.mkdir(name, _PRIVATE_DIRECTORY, dir_fd=self.fd)
            made = Directory(Path(name), within=self)
            os.chmod(f"/proc/self/fd/{made.fd}", _PRIVATE_DIRECTORY)  # noqa: PTH101 -- by fd
        return made

    def new(self, name: str, mode: int = PRIVATE, flags: int = 0) -> int:
        """Create the file ``name``, which must not exist, for writing; return its fd.

        It gets ``mode`` whatever the umask, except if ``mode`` is for all.
        """
        with self._rights():
            fd = os.open(name, _NEW | flags, mode, dir_fd=self.fd)
            if mode != PUBLIC:
                os.fchmod(fd, mode)
        return fd

    def touch(self, name: str) -> None:
        """Create the empty file ``name``; whatever is there already stays as it is."""
        with suppress(FileExistsError):
            os.close(self.new(name))

    def open(self, name: str) -> int:
        """Open the file ``name``, unless it is a link, for reading, without waiting on a FIFO."""
        with self._rights():
            return os.open(name, _READ, dir_fd=self.fd)

    def status(self, name: str) -> os.stat_result | None:
        """Return the status of ``name``, of a link itself; None if there is nothing."""
        with self._rights(), suppress(FileNotFoundError):
            return os.stat(name, dir_fd=self.fd, follow_symlinks=False)
        return None

    def rename(self, old: str, new: str) -> None:
        """Rename ``old`` to ``new``, replacing it."""
        with self._rights():
            os.rename(old, new, src_dir_fd=self.fd, dst_dir_fd=self.fd)

    def move(self, name: str, to: Directory, new: str, *, exchange: bool = False) -> None:
        """Move ``name`` to ``new`` in ``to``, which must be free; ``exchange``: swap the two.

        Either is atomic: nobody sees half of it, and no crash leaves half of it.
        """
        flags = _EXCHANGE if exchange else _NO_REPLACE
        names = os.fsencode(name), os.fsencode(new)
        with self._rights():
            if LIBC.renameat2(self.fd, names[0], to.fd, names[1], flags):
                number = ctypes.get_errno()
                raise OSError(number, os.strerror(number), str(to.path / new))

    def names(self) -> list[str]:
        """Return the names in it."""
        fd = self.readable()
        try:
            return os.listdir(fd)  # noqa: PTH208 -- by fd
        finally:
            os.close(fd)

    def sync(self) -> None:
        """Flush its names to the disk."""
        fd = self.readable()
        try:
            os.fsync(fd)
        finally:
            os.close(fd)

    def readable(self) -> int:
        """Return an fd of itself that can be read, synchronised and locked."""
        with self._rights():
            return os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=self.fd)

    def remove(self, name: str) -> None:
        """Remove the file ``name`` if it is there."""
        with self._rights(), suppress(FileNotFoundError):
            os.unlink(name, dir_fd=self.fd)

    def remove_directory(self, name: str) -> None:
        """Remove the empty directory ``name`` if it is there."""
        with self._rights(), suppress(FileNotFoundError):
            os.rmdir(name, dir_fd=self.fd)

    @contextmanager
    def whole(self, name: str, mode: int = PRIVATE, *, force: bool = False) -> Iterator[IO[bytes]]:
        """Yield a file that is called ``name`` once the block has ended well, else removed.

        FileExistsError: there is something of that name; with ``force``: and it is no regular file.
        """
        draft = f".{name[:200]}.{os.urandom(6).hex()}"
        try:
            with os.fdopen(self.new(draft, mode), "wb") as file:
                yield file
            self._name(draft, name, force)
        finally:
            self.remove(draft)

    def _name(self, draft: str, name: str, force: bool) -> None:
        found = self.status(name)
        if found and not (force and stat.S_ISREG(found.st_mode)):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
        if force:
            self.rename(draft, name)
            return
        try:
            with self._rights():
                os.link(draft, name, src_dir_fd=self.fd, dst_dir_fd=self.fd)
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            self.rename(draft, name)
