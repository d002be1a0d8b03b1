"""The claim on how many files a machine can have open for each GiB of its memory."""

from __future__ import annotations

from typing import Final, NamedTuple

from analysis.checks.undecided import Undecided
from analysis.frames import Trace
from analysis.verdicts.engine import Evidence, Verdict, corrected, refuted, supported
from analysis.verdicts.pick import every, phases_of
from tracer.shared.message import joined, message

SAID: Final = 100_000
"""Files per GiB, "about"."""

ABOUT: Final = 0.1
"""How far apart numbers may be that count as about the same."""

KIB_PER_GIB: Final = 1 << 20


class Machine(NamedTuple):
    """A boot: its memory, its fs.file-max, and the name of its process 1."""

    memory_gib: float
    file_max: int
    init: str | None

    @property
    def files_per_gib(self) -> float:
        """Files for each GiB of the memory that the kernel manages (MemTotal)."""
        return self.file_max / self.memory_gib


def file_max_per_gib(*boots: Trace) -> Verdict:
    """fs.file-max of machines of several sizes, each divided by its memory.

    fs/file_table.c files_maxfiles_init() (6.1): a tenth of the free memory's KiB at boot. Process 1
    may write another number to it: systemd writes the largest possible.
    """
    machines = sorted(machine_of(trace) for trace in boots)
    if machines[0].memory_gib * (1 + ABOUT) >= machines[-1].memory_gib:
        raise Undecided("no two machines of different size: what grows with memory is not seen")
    ratios = [each.files_per_gib for each in machines]
    spread = max(ratios) / min(ratios) - 1
    evidence = [
        *(
            Evidence(
                message("fs.file-max with {memory:.2f} GiB", memory=each.memory_gib),
                each.file_max,
                "files",
            )
            for each in machines
        ),
        *(
            Evidence(
                message("files per GiB with {memory:.2f} GiB", memory=each.memory_gib),
                each.files_per_gib,
                "files",
            )
            for each in machines
        ),
        Evidence("largest files per GiB above the smallest", spread * 100, "%"),
    ]
    each_size = [
        message("{files:,} with {memory:.2f} GiB", files=each.file_max, memory=each.memory_gib)
        for each in machines
    ]
    finding = message(
        "fs.file-max is {each_size}: {least:,.0f} to {most:,.0f} files per GiB, {spread:.1%} "
        "apart, as the kernel set it (process 1 is {inits}; an init may raise it: systemd does, "
        "and none was measured under systemd)",
        each_size=joined(", ", each_size),
        least=min(ratios),
        most=max(ratios),
        spread=spread,
        inits=_inits(machines),
    )
    if spread > ABOUT:
        return refuted(finding, evidence)
    near = every(abs(ratio / SAID - 1) <= ABOUT for ratio in ratios)
    return supported(finding, evidence) if near else corrected(finding, evidence)


def _inits(machines: list[Machine]) -> str:
    return joined(", ", dict.fromkeys(each.init or message("not known") for each in machines))


def machine_of(trace: Trace) -> Machine:
    phases_of(trace, "poll")
    machine = trace.manifest.machine
    if machine.memory_kib is None or machine.file_max is None:
        raise Undecided("MemTotal or fs.file-max of a boot could not be read")
    if machine.init == "systemd":
        raise Undecided("process 1 is systemd, which sets fs.file-max: the kernel's is not seen")
    return Machine(machine.memory_kib / KIB_PER_GIB, machine.file_max, machine.init)
