"""The owner of the files that tracer writes: under sudo the caller, with the caller's rights.

A directory of the user's is full of names that another program of the user's may change at any
moment. Root that follows one of them does that program's work. So under sudo all of tracer's
opening, making, renaming and removing is done with the file system's ids of the caller
(setfsuid(2)), which holds for the calling thread only: the kernel then refuses what it would
refuse to the caller, whatever the names lead to, and nothing has to be given away afterwards.
"""

from __future__ import annotations

import ctypes
import errno
import functools
import os
import pwd
import stat
import threading
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Final, NamedTuple

from tracer.shared.errors import UsageError
from tracer.shared.message import message

OTHERS_WRITE: Final = stat.S_IWGRP | stat.S_IWOTH
_LIBC: Final = ctypes.CDLL(None)
_LIBC.setfsuid.argtypes = _LIBC.setfsgid.argtypes = [ctypes.c_uint]
_ASK: Final = 0xFFFFFFFF
"""An id that nobody has: setting it fails, and the answer is the one that is set."""

_ONE_AT_A_TIME: Final = threading.RLock()
"""Supplementary groups are the process's: glibc sets them in all threads."""


class _Thread(threading.local):
    """What is so of the calling thread."""

    is_caller = False


_THREAD: Final = _Thread()


class Caller(NamedTuple):
    """Who called sudo."""

    uid: int
    gid: int
    groups: tuple[int, ...]


def sudo_caller() -> Caller | None:
    """Return who called sudo; None if nobody did, or root.

    Raises:
        UsageError: the variables that sudo sets are no ids.
    """
    uid, gid = os.environ.get("SUDO_UID"), os.environ.get("SUDO_GID")
    if os.geteuid() != 0 or not uid or not gid:
        return None
    if not (uid.isdecimal() and gid.isdecimal()):
        raise UsageError(
            message("SUDO_UID={uid} SUDO_GID={gid}: needed two ids; unset them", uid=uid, gid=gid)
        )
    return None if int(uid) == 0 else _caller(int(uid), int(gid))


@functools.cache
def _caller(uid: int, gid: int) -> Caller:
    try:
        groups = os.getgrouplist(pwd.getpwuid(uid).pw_name, gid)
    except KeyError:  # a user that this machine has no entry of
        groups = [gid]
    return Caller(uid, gid, tuple(groups))


@contextmanager
def as_caller() -> Iterator[None]:
    """Do what this thread does to files in the block as the caller of sudo, if there is one.

    Open files stay what they are: reading and writing them asks for no rights.
    """
    caller = sudo_caller()
    if caller is None:
        yield
        return
    with _ONE_AT_A_TIME:
        groups, nested = os.getgroups(), _THREAD.is_caller
        try:  # around the change itself: Ctrl-C may come at any line
            if not nested:
                _THREAD.is_caller = True
                _act_as(caller.uid, caller.gid, caller.groups)
            yield
        finally:
            if not nested:
                _act_as(os.geteuid(), os.getegid(), groups)
                _THREAD.is_caller = False


def written_by_others(found: os.stat_result, *uids: int) -> str | None:
    """Return why somebody besides ``uids`` may have written a file; None if nobody else can."""
    if found.st_uid not in uids:
        return message("it belongs to uid {uid}", uid=found.st_uid)
    if found.st_mode & OTHERS_WRITE:
        return message("others may write to it (mode {mode:o})", mode=stat.S_IMODE(found.st_mode))
    return None


def as_file_owner(uid: int) -> AbstractContextManager[None]:
    """Read files in the block as their owner ``uid``, as far as this process may become it.

    Root without CAP_DAC_READ_SEARCH reads no directory that is somebody else's only.
    """
    return nullcontext() if uid == os.geteuid() else _as(uid)


@contextmanager
def _as(uid: int) -> Iterator[None]:
    try:
        _LIBC.setfsuid(uid)
        yield
    finally:
        _LIBC.setfsuid(os.geteuid())


def _act_as(uid: int, gid: int, groups: Iterable[int]) -> None:
    os.setgroups(list(groups))
    # Neither call reports an error: the second one tells what is set now.
    for call, wanted in ((_LIBC.setfsgid, gid), (_LIBC.setfsuid, uid)):
        call(wanted)
        if call(_ASK) != wanted:
            raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))
