"""Plans from the catalogue and the running kernel what is attached where, and why the rest is not.

No kernel versions: a trampoline is refused by the kernel itself, when a trivial program of the
type is loaded for the function (:class:`Trial`), or later, when the real one is attached; the
refusal then excludes that attach point and a new plan is made.
"""

from __future__ import annotations

import errno
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, NamedTuple, Protocol

from tracer.bpf import breakpoint
from tracer.bpf.libbpf import Btf, Libbpf, errno_text
from tracer.shared.catalogue import AttachPoint, Hook, for_calls

BTF: Final = Path("/sys/kernel/btf/vmlinux")
KPROBE_PMU: Final = Path("/sys/bus/event_source/devices/kprobe/type")

EVERY_FAMILY: Final = "*"
"""In place of the families whose calls a hook missed: all families that it feeds."""

Refusals = Mapping[tuple[str, AttachPoint], str]
"""(hook, attach point) → why the kernel did not accept it."""


class Placement(NamedTuple):
    """A program at an attach point."""

    hook: str
    point: AttachPoint
    program: str


class Choice(NamedTuple):
    """The outcome for one hook on this kernel."""

    hook: Hook
    point: AttachPoint | None
    refusals: tuple[str, ...]
    """Why each better attach point was not taken, ``fentry:do_poll: …``."""
    feeds: tuple[str, ...]
    """Columns that the hook does feed on this kernel."""

    @property
    def placement(self) -> Placement | None:
        """The program to attach, or None where the hook cannot be attached."""
        if self.point is None:
            return None
        return Placement(self.hook.name, self.point, self.hook.program(self.point))

    @property
    def stands_for(self) -> str | None:
        """The wanted function, where an enclosing one serves instead."""
        if self.point is None or self.point not in self.hook.enclosing:
            return None
        return self.hook.name

    @property
    def reason(self) -> str | None:
        """Why the first choice was not taken, or None where it was."""
        return "; ".join(self.refusals) or None

    def to_json(self) -> dict[str, Any]:
        """Return the row of the manifest's plan."""
        return {
            "hook": self.hook.name,
            "id": self.hook.id,
            "attached": str(self.point) if self.point else None,
            "stands_for": self.stands_for,
            "reason": self.reason,
            "feeds": list(self.feeds) if self.point else list(self.hook.feeds),
            "silent": [feed for feed in self.hook.feeds if feed not in self.feeds],
        }


class Refuser(Protocol):
    """Asks a kernel about an attach point."""

    def refusal(self, point: AttachPoint) -> str | None:
        """Return why the kernel does not accept ``point``; None: it may."""


class Only:
    """Asks a kernel about some types of attach points, and refuses all others."""

    def __init__(self, kernel: Refuser, types: tuple[str, ...], reason: str) -> None:
        """Refuse all other types for ``reason``."""
        self._kernel, self._types, self._reason = kernel, types, reason

    def refusal(self, point: AttachPoint) -> str | None:
        """Return why ``point`` is refused; None: there is no objection."""
        return self._kernel.refusal(point) if point.type in self._types else self._reason


class Trial:
    """Asks the running kernel about attach points by loading trivial programs, and its BTF."""

    def __init__(self, lib: Libbpf) -> None:
        """Ask nothing yet; the BTF is read when it is first needed."""
        self._lib = lib
        self._known: dict[AttachPoint, str | None] = {}
        self._forbidden: dict[str, str] = {}
        """Type of program → why nobody may load one, whatever function it is for."""

    @cached_property
    def btf(self) -> Btf | None:
        """The kernel's BTF; None: there is none, or it is not readable."""
        try:
            return self._lib.load_vmlinux_btf()
        except OSError:
            return None

    def close(self) -> None:
        """Free the BTF."""
        btf = self.__dict__.pop("btf", None)
        if btf is not None:
            self._lib.free_btf(btf)

    def spared(self, hooks: Iterable[Hook]) -> dict[str, str]:
        """Return those of ``hooks`` that the core loader's programs do not need on this kernel.

        That holds at ``calls``. The programs check the same BTF for the same fields. Returns the
        reason for each.
        """
        return {
            hook.name: f"not needed: this kernel's BTF has {hook.spare}"
            for hook in hooks
            if hook.spare
            and self.btf is not None
            and self._lib.has_field(self.btf, *hook.spare.split("."))
        }

    def refusal(self, point: AttachPoint) -> str | None:
        """Return why the kernel does not accept ``point``; None: there is no objection."""
        if point not in self._known:
            self._known[point] = self._ask(point)
        return self._known[point]

    def _ask(self, point: AttachPoint) -> str | None:
        if point.type == "kprobe":
            return self._ask_kprobe()
        if point.type == "raw_tp":
            return self._trial_load("raw_tp")
        if point.type == "breakpoint":
            return self._ask_breakpoint(point.symbol)
        return self._forbidden.get(point.type) or self._ask_trampoline(point)

    def _ask_trampoline(self, point: AttachPoint) -> str | None:
        if self.btf is None:
            return "this kernel has no BTF (/sys/kernel/btf/vmlinux)"
        try:
            btf_id = self._lib.find_function(self.btf, point.symbol)
        except OSError:
            return "no such function in the kernel's BTF (inlined, or a clone, or absent)"
        return self._trial_load(point.type, btf_id)

    def _trial_load(self, kind: str, btf_id: int = 0) -> str | None:
        try:
            self._lib.close_fd(self._lib.load_trivial(kind, btf_id))
        except OSError as error:
            reason = f"{errno_text(error)} when a trivial program was loaded"
            if error.errno == errno.EPERM:
                self._forbidden[kind] = reason
            return reason
        return None

    def _ask_breakpoint(self, symbol: str) -> str | None:
        """Not asked where the kernel refuses function tracing: that would circumvent it."""
        traceable = AttachPoint("fentry", "do_sys_poll")
        if self.refusal(traceable) and self._ask_kprobe():
            return "not asked for: this kernel refuses function tracing"
        return breakpoint.refusal(symbol)

    def _ask_kprobe(self) -> str | None:
        if not KPROBE_PMU.exists():
            return "no kprobe events in this kernel (no kprobe PMU: CONFIG_KPROBE_EVENTS is off)"
        return self._trial_load("kprobe")


def _choose(hook: Hook, kernel: Refuser, refused: Refusals) -> Choice:
    reasons: list[str] = []
    for point in hook.points:
        reason = refused.get((hook.name, point)) or kernel.refusal(point)
        if reason is None:
            return Choice(hook, point, tuple(reasons), hook.feeds)
        reasons.append(f"{point}: {reason}")
    return Choice(hook, None, tuple(reasons), ())


def left_out(
    hooks: tuple[Hook, ...], detail: str, wanted: tuple[Hook, ...] | None = None
) -> dict[str, str]:
    """Return the hooks that are not wanted, each with the reason.

    Args:
        hooks: the catalogue.
        detail: ``calls`` or ``steps``.
        wanted: hooks requested by name, None for all. Tracepoints are always attached.
    """
    names = None if wanted is None else {hook.name for hook in wanted}
    reasons = {}
    for hook in hooks:
        if hook.detail == "steps" and detail == "calls":
            reasons[hook.name] = "attached with --detail steps only"
        elif names is not None and hook.name not in names and hook.attach[0].type != "raw_tp":
            reasons[hook.name] = "not among the hooks asked for (--hook)"
    return reasons


class Requested(NamedTuple):
    """Which hooks of a catalogue are requested, and how."""

    detail: str = "steps"
    wanted: tuple[Hook, ...] | None = None
    """Hooks requested by name, None for all; as in :func:`left_out`."""

    def of(
        self, hooks: tuple[Hook, ...], trial: Trial | None = None
    ) -> tuple[tuple[Hook, ...], dict[str, str]]:
        """Return the catalogue for this detail, and which hooks are left out, each with the reason.

        Args:
            hooks: the catalogue.
            trial: asked which hooks its BTF makes unnecessary; None: the loader cannot use that.
        """
        without = left_out(hooks, self.detail, self.wanted)
        if self.detail != "calls":
            return hooks, without
        left = (hook for hook in hooks if hook.name not in without)
        spared = trial.spared(left) if trial else {}
        return for_calls(hooks, spared), without | spared


ALL_STEPS: Final = Requested()


def make_plan(
    hooks: tuple[Hook, ...],
    kernel: Refuser,
    refused: Refusals,
    without: Mapping[str, str] = MappingProxyType({}),
) -> tuple[Choice, ...]:
    """Return the choice for each hook, in the catalogue's order.

    Args:
        hooks: the catalogue.
        kernel: asked about attach points.
        refused: what it refused when it was attached.
        without: hooks that are left out, each with the reason.
    """
    return tuple(
        Choice(hook, None, (without[hook.name],), ())
        if hook.name in without
        else _choose(hook, kernel, refused)
        for hook in hooks
    )


def with_silent(
    plan: tuple[Choice, ...], silent: Mapping[str, tuple[str, ...]]
) -> tuple[Choice, ...]:
    """Return the plan with the result of calibration: hooks that did not see their known calls.

    Args:
        plan: what was attached.
        silent: hook → families of the calls that it should have seen and did not, or
            EVERY_FAMILY.
    """
    return tuple(_without(choice, silent.get(choice.hook.name, ())) for choice in plan)


def _without(choice: Choice, families: tuple[str, ...]) -> Choice:
    if not families or choice.point is None:
        return choice
    every = EVERY_FAMILY in families
    feeds = tuple(f for f in choice.feeds if not every and f.partition(":")[2] not in families)
    what = "call" if every else ", ".join(families)
    text = f"{choice.point}: attached, but a known {what} passed it by unseen"
    return choice._replace(
        point=choice.point if feeds else None,
        refusals=(*choice.refusals, text),
        feeds=feeds,
    )
