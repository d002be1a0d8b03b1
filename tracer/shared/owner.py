"""The owner of the files that tracer writes: under sudo the caller, with the caller's rights.

Names in a user's directory may be changed at any moment by another of the user's programs. If root
follows one of them, it does that program's bidding. So under sudo, tracer opens, makes, renames and
removes files with the caller's file-system ids (setfsuid(2)), which apply to the calling thread
only: the kernel then refuses what it would refuse to the caller, wherever the names lead, and no
ownership has to be changed afterwards.
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
"""An invalid id: setting it fails, and the call returns the current one."""

_ONE_AT_A_TIME: Final = threading.RLock()
"""Supplementary groups belong to the process: glibc sets them in all threads."""


class _Thread(threading.local):
    """State of the calling thread."""

    is_caller = False


_THREAD: Final = _Thread()


class Caller(NamedTuple):
    """The user who called sudo."""

    uid: int
    gid: int
    groups: tuple[int, ...]


def sudo_caller() -> Caller | None:
    """Return who called sudo; None if nobody did, or root.

    Raises:
        UsageError: the variables that sudo sets are not ids.
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
    except KeyError:  # a user without an entry on this machine
        groups = [gid]
    return Caller(uid, gid, tuple(groups))


@contextmanager
def as_caller() -> Iterator[None]:
    """In the block, let this thread access files as the caller of sudo, if there is one.

    Files already open are not affected: reading and writing them is not checked again.
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
    """Return why someone besides ``uids`` may have written a file; None if nobody else can."""
    if found.st_uid not in uids:
        return message("it belongs to uid {uid}", uid=found.st_uid)
    if found.st_mode & OTHERS_WRITE:
        return message("others may write to it (mode {mode:o})", mode=stat.S_IMODE(found.st_mode))
    return None


def as_file_owner(uid: int) -> AbstractContextManager[None]:
    """In the block, read files as their owner ``uid``, as far as this process may.

    Root without CAP_DAC_READ_SEARCH cannot read another user's private directory.
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
    # Neither call reports an error: the second one returns what is set now.
    for call, wanted in ((_LIBC.setfsgid, gid), (_LIBC.setfsuid, uid)):
        call(wanted)
        if call(_ASK) != wanted:
            raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))
