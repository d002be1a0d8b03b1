"""A rule looks for one fault of event loops; what it finds is a finding.

A rule is declared whole in one expression, in ``analysis/findings/rules/TOPIC.py``::

    BUSY_POLL = Rule(id="busy-poll", title=message("..."), needs=("off_cpu_ns",), gather=gather,
                     judge=judge, thresholds=(SHORT, VAIN), why=message("..."), ...)

``gather`` takes a window of a trace of any program and returns parts of it that combine; ``judge``
takes the combined result. A user's own rules are a module with a tuple ``RULES``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from analysis.findings.parts import Parts
from analysis.windows.window import Window
from tracer.shared.message import Message, message

Gather = Callable[[Window], Parts]


@dataclass(frozen=True)
class Threshold:
    """A number that decides whether something is a fault; ``meaning`` says what it limits."""

    value: float
    unit: str
    meaning: str


@dataclass(frozen=True)
class Number:
    """One number behind a finding."""

    name: str
    value: float
    unit: str


@dataclass(frozen=True)
class Instance:
    """One call in which a finding can be seen: number ``seq`` of the thread ``tid``."""

    tid: int
    seq: int


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A fault of one process.

    ``text`` states it in one sentence with its numbers, without the program's name. ``time_ns`` is
    how long the calls in question took, or how long a thread was held up; findings are sorted by
    it. ``tid`` and ``fd`` are None if it is about several. ``fd_name`` is what was behind the fd
    (analysis.fds.names), None if not known; rules need not set it.
    """

    rule: str
    pid: int
    text: str
    numbers: tuple[Number, ...]
    time_ns: int
    tid: int | None = None
    fd: int | None = None
    fd_name: str | None = None
    instance: Instance | None = None


@dataclass(frozen=True)
class Facts:
    """What is known about a trace besides its calls: names of processes and threads."""

    programs: Mapping[int, str]
    """By pid, the last name of the process's first thread."""
    threads: Mapping[int, str]
    """By tid, the last name of the thread."""
    architecture: str = ""
    """The kernel's architecture, which determines system call numbers."""
    parents: Mapping[int, int] = field(default_factory=dict)
    """By pid, the process that forked it."""

    def program(self, pid: int) -> str:
        """Return the name of the program that ``pid`` ran; "?" if the trace has none."""
        return self.programs.get(pid, "?")

    def thread(self, pid: int, tid: int) -> Message:
        """Return what to call a thread after the program and pid: the main one has their names."""
        if tid == pid:
            return message("its main thread")
        return message("thread {tid} ({name})", tid=tid, name=self.threads.get(tid, "?"))


Judge = Callable[[Parts, Facts], Iterable[Finding]]


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One fault to look for.

    ``needs``: see analysis.checks.trust. ``title`` names the fault, ``why`` says why it matters,
    ``change`` what to do; ``read`` is where to read more. ``thresholds`` are all those that
    ``judge`` uses.
    """

    id: str
    title: str
    needs: tuple[str, ...]
    gather: Gather
    judge: Judge
    thresholds: tuple[Threshold, ...]
    why: str
    change: str
    read: tuple[str, ...]
