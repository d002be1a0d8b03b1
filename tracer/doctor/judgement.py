"""Sums up the doctor's answer in two lines: this kernel, and the lab or what is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from tracer.doctor.facts import Fact
from tracer.shared.message import Message, joined, localized_line, message

LAB_NEEDS: Final = ("QEMU", "lab tools", "virtme-ng")
"""Facts without which the lab cannot boot anything."""
KERNELS: Final = "lab kernels"
FUNCTIONS: Final = "function tracing"


def kernel_line(answer: Mapping[str, Any]) -> Message:
    """Return what the kernel allows: ``answer`` is from `tracer.doctor.facts.gather`."""
    kernel = message(
        "kernel {release} ({machine})",
        release=answer["kernel"]["release"],
        machine=answer["kernel"]["machine"],
    )
    if answer["error"]:
        return message(
            "{kernel}: nothing can be recorded: {why}", kernel=kernel, why=answer["error"]
        )
    rows = answer["hooks"]
    attached = sum(row["attached"] is not None for row in rows)
    counted = message("{attached} of {all} hooks attached", attached=attached, all=len(rows))
    functions = _named(answer["facts"], FUNCTIONS)
    if functions and not functions.ok:
        return message(
            "{kernel}: only system calls, sleeps and wakeups can be recorded ({counted}); function "
            "tracing: {why}",
            kernel=kernel,
            counted=counted,
            why=localized_line(functions.found),
        )
    if attached == len(rows):
        return message("{kernel}: everything can be recorded ({counted})",
                       kernel=kernel, counted=counted)  # fmt: skip
    return message("{kernel}: can be recorded; {counted}", kernel=kernel, counted=counted)


def lab_line(facts: Sequence[Mapping[str, Any]]) -> Message:
    """Return whether this machine's lab can be used, and what to do about it if not."""
    kernels = _named(facts, KERNELS)
    lacking = [each for name in LAB_NEEDS if (each := _named(facts, name)) and not each.ok]
    if kernels and not kernels.ok and not kernels.remedy:
        lacking.append(kernels)  # not even fetching would help
    if lacking:
        why = joined("; ", [_described(each) for each in lacking])
        return message("lab: cannot be used: {why}", why=why)
    if kernels is None or not kernels.ok:
        described = _described(kernels) if kernels else ""
        return message("lab: ready for --kernel; {kernels}", kernels=described)
    return message(
        "lab: ready for --kernel, as in tracer verify --kernel 6.1; here: {kernels}",
        kernels=kernels.found,
    )


def missing_line(answer: Mapping[str, Any]) -> Message:
    """Return which numbers a kernel of the lab does not provide."""
    lost = {feed for row in answer["hooks"] for feed in _lost(row)}
    if not answer["hooks"]:
        return message("no number is available")
    if not lost:
        return message("every number is available")
    return message("missing numbers: {columns}", columns=", ".join(sorted(lost)))


def _lost(row: Mapping[str, Any]) -> Sequence[str]:
    lost: Sequence[str] = row["feeds"] if row["attached"] is None else row["silent"]
    return lost


def _described(fact: Fact) -> Message:
    name, found = localized_line(fact.name), localized_line(fact.found)
    if not fact.remedy:
        return message("{name}: {found}", name=name, found=found)
    remedy = localized_line(fact.remedy)
    return message("{name}: {found} → {remedy}", name=name, found=found, remedy=remedy)


def _named(facts: Sequence[Mapping[str, Any]], name: str) -> Fact | None:
    return next((Fact(**each) for each in facts if each["name"] == name), None)
