"""Workers of a Dask cluster that read traces: https://distributed.dask.org.

Workers run the same functions as :class:`analysis.fleet.engine.OneProcess` here. If a worker dies,
Dask gives its work to others; how often is limited by Dask
(``distributed.scheduler.allowed-failures``, 3).
"""

from __future__ import annotations

import importlib.metadata
import logging
import os
import pickle
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, TypeVar

from tracer.shared.errors import TracerError, UsageError
from tracer.shared.heap import keep_freed_memory
from tracer.shared.message import joined, message
from tracer.shared.version import VERSION

T = TypeVar("T")
R = TypeVar("R")

PATIENCE_S: Final = 30
"""How long a scheduler, and the first of its workers, may take to answer."""
PACKAGE: Final = "tracer"


@dataclass(frozen=True)
class Cluster:
    """An engine whose ``client`` is connected to a scheduler with workers.

    ``own_workers``: the workers were started only for this, and may keep freed memory.
    """

    client: Any
    own_workers: bool

    def each(
        self,
        function: Callable[[T], R],
        things: Sequence[T],
        failed: Callable[[T, str], R],
    ) -> Iterator[tuple[int, R]]:
        """Yield ``function`` of each of ``things`` with its index, as workers finish."""
        from distributed import as_completed

        called = partial(_keeping_memory, function) if self.own_workers else function
        calls = [pickle.dumps(_Call(called, thing)) for thing in things]
        futures = self.client.map(pickle.loads, calls, pure=False)
        places = {future.key: place for place, future in enumerate(futures)}
        waiting = as_completed(futures, loop=self.client.loop)
        futures.clear()  # whoever holds a future keeps its result on the cluster
        for future in waiting:
            place = places[future.key]
            if future.exception() is None:  # waits if the result died with its worker meanwhile
                yield place, future.result()
            else:
                yield place, failed(things[place], _why(future))


class _Call:
    """``function`` of ``thing``, called where this is unpickled.

    So only bytes and a standard library name are sent. A worker without tracer that joined after
    the check could not unpickle a message that refers to what it lacks, and its task would wait
    forever; this way the task fails there, with the reason.
    """

    def __init__(self, function: Callable[[T], R], thing: T) -> None:
        self._call = function, (thing,)

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object]]:
        return self._call


def _keeping_memory(function: Callable[[T], R], thing: T) -> R:
    keep_freed_memory()
    return function(thing)


def _why(future: Any) -> str:
    from distributed.scheduler import KilledWorker

    error = future.exception()
    if isinstance(error, KilledWorker):
        return message(
            "every worker that read it died ({times} in all); see the workers' own output (dask "
            "worker), or report this trace alone",
            times=error.allowed_failures + 1,
        )
    if isinstance(error, ModuleNotFoundError):
        return message(
            "a worker has no {module}; install tracer {version} there, or stop it",
            module=error.name or str(error),
            version=VERSION,
        )
    return message("{kind} on a worker: {error}", kind=type(error).__name__, error=str(error))


@contextmanager
def cluster(scheduler: str | None, most: int) -> Iterator[Cluster]:
    """Yield the cluster at the address ``scheduler``; None: a temporary one on this machine.

    The latter has a worker per processor, but no more than ``most``.

    Raises:
        UsageError: Dask is not installed here.
        TracerError: no answer, or there are workers without this version of tracer.
    """
    try:
        import distributed
    except ImportError as error:
        raise UsageError(
            message("--engine dask needs the package distributed: pip install 'tracer[dask]'")
        ) from error
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    with ExitStack() as stack:
        if scheduler is None:
            local = distributed.LocalCluster(
                n_workers=max(1, min(most, len(os.sched_getaffinity(0)))),
                threads_per_worker=1,
                dashboard_address=None,
                silence_logs=logging.CRITICAL,
            )
            address: Any = stack.enter_context(local)
        else:
            address = scheduler
        client = stack.enter_context(_connected(address))
        _check_workers(client)
        yield Cluster(client, own_workers=scheduler is None)


def _connected(address: Any) -> Any:
    from distributed import Client

    try:
        client = Client(address, timeout=PATIENCE_S, set_as_default=False)
        client.wait_for_workers(1, timeout=PATIENCE_S)
    except (OSError, TimeoutError, ValueError) as error:
        raise TracerError(
            message(
                "no Dask scheduler with a worker at {address}: {why}; start them: dask "
                "scheduler; dask worker {address}",
                address=str(address),
                why=str(error) or type(error).__name__,
            )
        ) from error
    return client


def _check_workers(client: Any) -> None:
    """Raise TracerError unless each worker has this version of tracer: results are its objects."""
    found = client.run(importlib.metadata.version, PACKAGE, on_error="return")
    wrong = [
        message("{worker}: {found}", worker=worker, found=_version(version))
        for worker, version in sorted(found.items())
        if version != VERSION
    ]
    if wrong:
        raise TracerError(
            message(
                "workers without tracer {version}: {workers}; install it there, or stop them",
                version=VERSION,
                workers=joined(", ", wrong),
            )
        )


def _version(found: object) -> str:
    if isinstance(found, importlib.metadata.PackageNotFoundError):
        return message("not installed")
    return message("version {found}", found=str(found))
