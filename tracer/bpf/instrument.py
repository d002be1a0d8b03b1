"""What both loaders provide: programs that are attached as planned, and their maps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from tracer.bpf.maps import Maps
from tracer.bpf.plan import Choice, Placement, Refuser, make_plan
from tracer.shared.catalogue import AttachPoint, Hook
from tracer.shared.errors import KernelError
from tracer.shared.message import message

RefusedError = dict[tuple[str, AttachPoint], str]
"""(hook, attach point) → why the kernel did not accept it."""


class Instrument(Protocol):
    """Programs that are attached, and their maps. Closing it detaches everything."""

    plan: tuple[Choice, ...]
    maps: Maps

    @property
    def facts(self) -> dict[str, Any]:
        """What the manifest says about the loader."""

    def add(self, placements: tuple[Placement, ...]) -> RefusedError:
        """Load and attach programs; return what the kernel refused of them."""

    def placed(self, hook: Hook) -> bool:
        """Tell whether a hook is attached."""

    def open_maps(self) -> None:
        """Open the maps, once something is attached."""

    def find_instances(self) -> str | None:
        """Find the open epoll instances of marked processes; return why not, None if done."""

    def misses(self) -> dict[str, int | None]:
        """Return how often the kernel skipped each program; None: it does not count that."""

    def detach(self) -> None:
        """Detach all programs; the maps stay readable."""

    def close(self) -> None:
        """Detach all programs and free the maps."""


def attach_planned(
    instrument: Instrument, kernel: Refuser, hooks: tuple[Hook, ...], without: Mapping[str, str]
) -> None:
    """Plan, attach, and plan again for whatever the kernel refused, until nothing is missing.

    Args:
        instrument: gets its plan, programs and maps.
        kernel: asked about attach points before they are tried.
        hooks: the catalogue.
        without: hooks that are left out, each with the reason.

    Raises:
        KernelError: not even the tracepoints of system calls can be attached.
    """
    refused: RefusedError = {}
    while True:
        plan = make_plan(hooks, kernel, refused, without)
        _require_syscalls(plan)
        missing = tuple(
            choice.placement
            for choice in plan
            if choice.placement and not instrument.placed(choice.hook)
        )
        if not missing:
            instrument.plan = plan
            instrument.open_maps()
            return
        refused.update(instrument.add(missing))


def _require_syscalls(plan: tuple[Choice, ...]) -> None:
    for choice in plan:
        if choice.hook.name in ("sys_enter", "sys_exit") and choice.point is None:
            raise KernelError(
                message(
                    "cannot trace system calls: {reason}; run as root (CAP_BPF and CAP_PERFMON) on "
                    "a kernel with tracepoints, or use --kernel for the lab",
                    reason=choice.reason,
                )
            )
