"""All errors, as one tree.

::

    TracerError            exit 1   anything that stopped the work
    ├── UsageError         exit 2   the request itself is wrong; names what would be right
    ├── KernelError        exit 1   the kernel refused a program, map or attach point
    ├── ProbeError         exit 1   a user's probe does not compile or the kernel refuses it
    ├── LabError           exit 1   no stock kernel, no QEMU, a guest that hung
    │   └── PanicError     exit 1   the guest's kernel panicked
    ├── WorkloadError      exit 1   the traced command could not start or failed
    ├── TruthError         exit 1   trace and workload disagree, and no loss explains it
    └── TraceError         exit 1   a trace directory that cannot be read

A message says what was found, what was needed and what to do. Only ``tracer.cli`` prints
and exits.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from tracer.shared.message import Message, message


class TracerError(Exception):
    """Base of every error this project raises on purpose."""

    exit_code = 1


class UsageError(TracerError):
    """The request is wrong: unknown name, bad number, output that exists."""

    exit_code = 2


class KernelError(TracerError):
    """The kernel refused something; the message carries its errno or the verifier's words."""


class ProbeError(TracerError):
    """A user's probe does not compile, or the kernel refuses it; names file and line."""


class LabError(TracerError):
    """A stock kernel could not be fetched, booted or talked to."""


class PanicError(LabError):
    """The guest's kernel panicked."""


class WorkloadError(TracerError):
    """The traced command could not be started, or it failed."""


class TruthError(TracerError):
    """What was traced is not what the workload did, and no recorded loss explains it."""


class TraceError(TracerError):
    """A trace directory is missing, truncated, of a newer schema, or not a trace."""


def unknown_name(kind: str, name: str, known: Iterable[str]) -> UsageError:
    """Return the error for an unknown ``name``, naming the nearest known ones.

    >>> str(unknown_name("claim", "epoll-map", ["epoll-mmap", "blocking-waits"]))
    "unknown claim 'epoll-map'; nearest: epoll-mmap"
    """
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
    nearest = message("nearest: {names}", names=", ".join(near))
    hint = nearest if near else message("known: {names}", names=", ".join(names))
    noun = kind if isinstance(kind, Message) else message(kind)
    return UsageError(message("unknown {kind} {name!r}; {hint}", kind=noun, name=name, hint=hint))
