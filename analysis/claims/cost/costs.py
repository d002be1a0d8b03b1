"""What calls cost the kernel: one number per phase, lines through them, two boots side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.checks.undecided import Undecided
from analysis.frames import Trace
from analysis.metrics import Fit, fit
from analysis.trace.truth import PhaseTruth
from analysis.verdicts.engine import (
    CORRECTED,
    SUPPORTED,
    Evidence,
    Outcome,
    Verdict,
    corrected,
    refuted,
    supported,
)
from analysis.verdicts.figures import Figure, Figures, Unit, What, means, paired
from tracer.shared.message import joined, message

NS_PER_INSTRUCTION: Final = 2
"""Guest time per instruction in the lab's instruction-count mode (tracer.lab.machine)."""

INSTRUCTIONS: Final = message("instructions")

WAITING: Final = ("select", "poll", "epoll_wait")
MUX: Final = ("select", "poll")
MODELS: Final = (*MUX, "epoll")

Row = Any
"""A row of ``Costs.phases``: a pandas Series of mixed types."""


@dataclass(frozen=True)
class Costs:
    """The kernel part of a trace's calls by phase, in ``unit``: "instructions" or "ns".

    Medians, so that a first call's page faults don't matter. ``phases`` has the columns name, model
    (of a server: how it waits), link, fds, active, position, timeout_ms, rearm (none, mod,
    del-add), waits (per round), wait, write, ctl (each per call; NA: there was none), and ctls (per
    round, without those of the set-up).
    """

    phases: pd.DataFrame
    unit: str

    def pick(self, model: str, link: str = "loopback", **values: object) -> pd.DataFrame:
        """Return the phases of ``model`` with ``values``, by number of fds; Undecided if none."""
        rows = self.phases[(self.phases["model"] == model) & (self.phases["link"] == link)]
        for name, value in values.items():
            rows = rows[rows[name].isna()] if value is None else rows[rows[name] == value]
        if rows.empty:
            phase = message("no phase of model {model} on {link}", model=model, link=link)
            wanted = [f"{name} {value}" for name, value in values.items()]
            raise Undecided(joined(", ", [phase, *wanted]))
        return rows.sort_values("fds", kind="stable")

    def one(self, model: str, **values: object) -> Row:
        """Return the one phase of ``model`` with ``values``."""
        return self.pick(model, "loopback", **values).iloc[0]

    def per_event(self, row: Row) -> float:
        """Return the cost of one delivered event: waiting, callback in the writer, epoll_ctl."""
        callbacks = row["active"] * self.callback(row)
        ctls = row["ctls"] * row["ctl"] if row["ctls"] else 0.0
        return float((row["waits"] * row["wait"] + callbacks + ctls) / row["active"])

    def callback(self, row: Row) -> float:
        """Return how much more a write to an fd costs if epoll watches it.

        The baseline is the poll phase with equally many fds and active ones: it writes between its
        calls, when nothing is on the queues. 0 where another process writes, over a link: that is
        not among the phase's calls.
        """
        if row["model"] != "epoll" or row["link"] != "loopback":
            return 0.0
        same = self.pick("poll", fds=row["fds"], active=row["active"], timeout_ms=None)
        return float(row["write"] - same["write"].iloc[0])


def costs_of(trace: Trace) -> Costs:
    """Return the costs of each phase that waits for fds. Raises Undecided if there is none."""
    assert trace.truth is not None, "a claim on costs needs truth"
    counted = trace.manifest.machine.clock == "instructions"
    done = trace.calls[~trace.calls["unfinished"]]
    calls = _Calls(
        done["family"].to_numpy(),
        done["op"].to_numpy(),
        done["kernel_ns"].to_numpy("float64", na_value=np.nan),
    )
    own = done.groupby(["phase", "tid"]).indices
    rows = [
        _costs(calls.at(own.get((phase.number, phase.tid), [])), phase)
        for phase in trace.truth.phases
    ]
    frame = pd.DataFrame([row for row in rows if row])
    if frame.empty:
        raise Undecided("no phase with a call that waits for fds")
    if counted:
        frame[["wait", "write", "ctl"]] /= NS_PER_INSTRUCTION
    return Costs(frame, INSTRUCTIONS if counted else "ns")


class _Calls(NamedTuple):
    """Calls as arrays: a frame per phase takes a hundred times as long."""

    family: npt.NDArray[Any]
    op: npt.NDArray[Any]
    kernel_ns: npt.NDArray[np.float64]

    def at(self, places: Any) -> _Calls:
        """Return the calls at ``places``, an array of indices or a mask."""
        return _Calls(*(column[places] for column in self))

    def of(self, *families: str) -> _Calls:
        """Return the calls of ``families``."""
        return self.at(np.isin(self.family, families))


def _costs(own: _Calls, phase: PhaseTruth) -> dict[str, object]:
    waits = own.of(*WAITING)
    if not len(waits.family):
        return {}
    rounds, spec = int(phase.spec["rounds"]), phase.spec
    ctls = own.of("epoll_ctl").at(slice(len(phase.fds), None))
    return {
        "name": phase.name,
        "model": spec["io"] if spec["model"] == "server" else spec["model"],
        "link": spec["link"],
        "fds": len(phase.fds),
        "active": len(phase.active),
        "position": spec["position"],
        "timeout_ms": spec["timeout_ms"],
        "rearm": "mod" if spec["trigger"] == "oneshot" else spec["rearm"],
        "waits": len(waits.family) / rounds,
        "wait": _median(waits),
        "write": _median(own.of("write")),
        "ctl": _of_each_kind(ctls),
        "ctls": len(ctls.family) / rounds,
    }


def _median(calls: _Calls) -> float:
    """Return the median of the costs that are known, NaN if none is."""
    known = calls.kernel_ns[~np.isnan(calls.kernel_ns)]
    return float(np.median(known)) if len(known) else float("nan")


def _of_each_kind(ctls: _Calls) -> float:
    """Return the mean of the medians: DELs and ADDs differ in cost, and there are equally many."""
    medians = [_median(ctls.at(ctls.op == op)) for op in np.unique(ctls.op)]
    return sum(medians) / len(medians) if medians else float("nan")


def line(rows: pd.DataFrame) -> Fit:
    """Return the line through ``wait`` against ``fds``; Undecided with fewer than 3 points."""
    found = fit(rows["fds"], rows["wait"]) if len(rows) >= 3 else None
    if found is None:
        raise Undecided(message("{count} numbers of fds; needed 3 for a line", count=len(rows)))
    return found


class Effect(NamedTuple):
    """Figures that matter, ``what`` of any of ``models``, and their value if there is no effect."""

    what: What
    null: float = 0.0
    models: tuple[str, ...] = ("",)

    def has(self, figure: Figure) -> bool:
        """Return whether ``figure`` is one of them."""
        return figure.what == self.what and figure.model in self.models


class Question(NamedTuple):
    """How a claim on costs is decided.

    ``figures`` takes figures from one trace; ``effects`` are those in which two boots must agree;
    ``outcome``, ``finding`` and ``answer`` (a verdict's; "": the claim's) are made from the means.
    """

    figures: Callable[[Costs], Figures]
    effects: tuple[Effect, ...]
    outcome: Callable[[Figures], Outcome]
    finding: Callable[[Figures], str]
    answer: Callable[[Figures], str] = lambda _: ""


def decide_twice(question: Question, first: Trace, second: Trace) -> Verdict:
    """Decide from two boots that counted instructions.

    Undecided if one did not count, if a figure differs between them by more than its effect, or
    if they would decide differently.
    """
    for trace in (first, second):
        if trace.manifest.machine.clock != "instructions":
            raise Undecided("costs are decided by counts of instructions: tracer verify --kernel")
    one, two = (question.figures(costs_of(trace)) for trace in (first, second))
    pairs = paired(one, two)
    for effect in question.effects:
        _agree(effect, pairs)
    outcomes = {question.outcome(each) for each in (one, two)}
    if len(outcomes) > 1:
        least, most = (message(outcome) for outcome in sorted(outcomes))
        raise Undecided(message("one boot says {one}, the other {other}", one=least, other=most))
    both = means(one, two)
    evidence = [
        *evidence_of(both, INSTRUCTIONS),
        Evidence("largest difference between the two boots", _apart(pairs), "%"),
    ]
    by_outcome = {SUPPORTED: supported, CORRECTED: corrected}
    decided = by_outcome.get(outcomes.pop(), refuted)
    return decided(question.finding(both), evidence, question.answer(both))


def _agree(effect: Effect, pairs: Sequence[tuple[Figure, Figure]]) -> None:
    """Raise Undecided if two boots differ by more than ``effect``, or lack it."""
    found = [(a, b) for a, b in pairs if effect.has(a)]
    if not found:
        raise Undecided(message("no figure of {wanted}", wanted=effect.what.value))
    for one, two in found:
        apart, size = abs(one.value - two.value), abs((one.value + two.value) / 2 - effect.null)
        if apart > size:
            raise Undecided(
                message(
                    "{name} is {one:,.3g} in one boot and {other:,.3g} in the other: they differ "
                    "by more than the effect, {effect:,.3g}",
                    name=one.label,
                    one=one.value,
                    other=two.value,
                    effect=size,
                )
            )


def _apart(pairs: Sequence[tuple[Figure, Figure]]) -> float:
    """Return the largest relative difference in %, of figures that are not close to zero."""
    values = [(a.value, b.value) for a, b in pairs]
    return max(abs(a - b) / max(abs(a), abs(b), 1.0) for a, b in values) * 100


def evidence_of(found: Figures, costs: str) -> list[Evidence]:
    """Return ``found`` for people; ``costs``: the unit of those that are costs."""
    units = {Unit.COST: costs, Unit.TIMES: message("times"), Unit.OF_ONE: message("of 1")}
    return [Evidence(each.label, each.value, units[each.unit]) for each in found]


def beside(figures: Callable[[Costs], Figures]) -> Callable[[Trace], Sequence[Evidence]]:
    """Return what gives ``figures`` of a trace of this machine's own kernel, in ns."""

    def evidence(trace: Trace) -> list[Evidence]:
        costs = costs_of(trace)
        return evidence_of(figures(costs), costs.unit)

    return evidence
