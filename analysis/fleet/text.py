"""The report of a fleet to read in a terminal: what was left out, then who differs, then sums."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from analysis.fleet.fleet import Sum, Unread
from analysis.fleet.outliers import BY_NAME, LEAST_HOSTS, RATES
from analysis.fleet.summary import Summary
from analysis.fleet.verdicts import Verdicts
from analysis.metrics import summary as table_of
from analysis.recorded import WHERE
from analysis.tables import MISSING, cell, harmless, table
from analysis.verdicts.engine import Outcome
from analysis.windows.totals import Totals
from tracer.shared.message import Message, joined, localized, message, message_n
from tracer.shared.wrapping import wrapped

SHOWN: Final = 10
"""Hosts, programs, traces of one table; the rest is counted, and all of them are in the JSON."""
NS_PER_S: Final = 1e9


def to_text(found: Summary, width: int) -> str:
    """Return the report ``found`` in at most ``width`` columns where that is possible."""
    parts: list[str] = []
    parts += _lines(_head(found), width)
    parts += _unread(found.fleet.unread, width)
    if found.fleet.rows:
        parts += _outliers(found, width)
        parts += _findings(found, width)
        parts += _sums(message("By host"), message("host"), found.hosts, width)
        parts += _sums(message("By release"), message("release"), found.releases, width)
        parts += _sums(message("By program"), message("program"), found.programs, width)
        parts += _families(found, width)
        parts += _doubtful(found, width)
    if found.verdicts is not None:
        parts += _verdicts(found.verdicts, width)
    return "\n\n".join(parts) + "\n"


def _head(found: Summary) -> Iterator[str]:
    total = found.total
    yield message(
        "{traces}, {hosts}, {releases}: {calls:,} calls in {seconds:,.1f} s of recording",
        traces=message_n("{count:,} trace", "{count:,} traces", count=total.traces),
        hosts=message_n("{count:,} host", "{count:,} hosts", count=len(found.hosts)),
        releases=message_n("{count:,} release", "{count:,} releases", count=len(found.releases)),
        calls=total.amount.calls,
        seconds=total.recorded_ns / NS_PER_S,
    )
    if total.doubtful:
        yield message_n(
            "{count:,} trace is in doubt: lost records, or checks that failed; see below",
            "{count:,} traces are in doubt: lost records, or checks that failed; see below",
            count=total.doubtful,
        )
    for host, one, other in found.overlapping[:SHOWN]:
        yield message(
            "host {host} twice: {one} and {other} were recorded at the same time; calls of both "
            "are counted (or two machines have one name)",
            host=host,
            one=one,
            other=other,
        )
    if (more := len(found.overlapping) - SHOWN) > 0:
        yield message("and {number} more", number=more)


def _lines(lines: Iterator[str], width: int) -> Iterator[str]:
    if said := [wrapped(harmless(localized(line)), width, "  ") for line in lines]:
        yield "\n".join(said)


def _unread(unread: Sequence[Unread], width: int) -> Iterator[str]:
    def lines() -> Iterator[str]:
        yield message_n(
            "{count:,} trace is not in this report:",
            "{count:,} traces are not in this report:",
            count=len(unread),
        )
        yield from (f"  {harmless(localized(each.because))}" for each in unread[:SHOWN])
        if (more := len(unread) - SHOWN) > 0:
            yield message("and {number} more", number=more)

    if unread:
        yield from _lines(lines(), width)


def _outliers(found: Summary, width: int) -> Iterator[str]:
    if not found.outliers:
        known = len(found.hosts)
        if known < LEAST_HOSTS:
            line = message(
                "Outliers: not sought, {hosts} of the {least} hosts that it takes",
                hosts=known,
                least=LEAST_HOSTS,
            )
        else:
            line = message("Outliers: no host differs from the others")
        yield wrapped(localized(line), width, "  ")
        return
    rows = [
        (each.host, BY_NAME[each.rate].meaning, each.value, each.median, each.score, each.hosts)
        for each in found.outliers[: 2 * SHOWN]
    ]
    headers = (
        message("host"), message("what differs"), message("here"), message("median"),
        message("score"), message("hosts"),
    )  # fmt: skip
    title = localized(message("Outliers: hosts that differ from the others"))
    yield f"{title}\n{table(headers, rows, width, words=2)}"


def _findings(found: Summary, width: int) -> Iterator[str]:
    rows = [
        (each.rule, each.traces, each.judged, each.findings) for each in found.rules if each.traces
    ]
    if not rows:
        judged = sum(bool(row.judged) for row in found.fleet.rows)
        line = message("Findings: none in {judged:,} traces that could be judged", judged=judged)
        yield wrapped(localized(line), width, "  ")
        return
    headers = (message("finding"), message("traces"), message("judged in"), message("findings"))
    yield f"{localized(message('Findings'))}\n{table(headers, rows, width, words=1)}"


def _sums(title: str, what: str, sums: Sequence[Sum], width: int) -> Iterator[str]:
    rates = [rate for rate in RATES if any(rate.of(each) is not None for each in sums)]
    if what == "program":
        rates = [rate for rate in rates if rate.name != "findings_per_trace"]
    headers: list[str] = [
        what, message("traces"), message("hosts"), message("calls"),
        *(rate.name.replace("_", "\n") for rate in rates),
    ]  # fmt: skip
    rows = [
        (each.name, each.traces, each.hosts, each.amount.calls, *(rate.of(each) for rate in rates))
        for each in sums[:SHOWN]
    ]
    heading = localized(title)
    if (more := len(sums) - SHOWN) > 0:
        heading += f" ({localized(message('and {number} more', number=more))})"
    yield f"{heading}\n{table(headers, rows, width, words=1)}"


COLUMNS: Final[Mapping[str, Callable[[float], float]]] = {
    "calls": lambda value: value,
    "kernel_ns_median": lambda value: value / 1000,
    "kernel_ns_mean": lambda value: value / 1000,
    "wall_ns_median": lambda value: value / 1000,
}


def _families(found: Summary, width: int) -> Iterator[str]:
    totals = Totals({(0, family): total for family, total in found.fleet.families.items()})
    rows = table_of(totals)
    if rows.empty:
        yield localized("No traced system calls.")
        return
    headers = [
        message("family"),
        message("calls"),
        "kernel\nmedian",
        "kernel\nmean",
        "wall\nmedian",
    ]
    filled = [
        (row["family"], int(row["calls"]), *(
            None if row[column] != row[column] or row[column] is None else change(row[column])
            for column, change in list(COLUMNS.items())[1:]
        ))
        for row in rows.astype(object).where(rows.notna(), None).to_dict("records")
    ]  # fmt: skip
    title = localized(message("By family of system calls; times per call in µs"))
    yield f"{title}\n{table(headers, filled, width, words=1)}"


def _doubtful(found: Summary, width: int) -> Iterator[str]:
    doubtful = [row for row in found.fleet.rows if row.doubts.any]
    if not doubtful:
        return
    rows = [
        (
            row.name, row.host, row.doubts.state, row.doubts.lost, row.doubts.missed,
            row.doubts.gaps + row.doubts.unbalanced + row.doubts.disagreeing + row.doubts.untrue,
        )
        for row in doubtful[:SHOWN]
    ]  # fmt: skip
    headers = (
        message("trace"), message("host"), message("state"), message("lost"), message("missed"),
        message("problems"),
    )  # fmt: skip
    title = localized(message("In doubt (tracer report says of each why)"))
    yield f"{title}\n{table(headers, rows, width, words=3)}"


def _verdicts(found: Verdicts, width: int) -> Iterator[str]:
    title = message_n(
        "Verdicts of {count:,} run of verify; claims that differ first",
        "Verdicts of {count:,} runs of verify; claims that differ first",
        count=found.runs,
    )
    yield from _unread(found.unread, width)
    if not found.claims:
        return
    headers = [
        message("claim"),
        *(
            message("{release} ({where})", release=release, where=WHERE[where])
            for release, where in found.kernels
        ),
    ]
    rows = [
        (claim, *(_outcomes(by_kernel.get(kernel, {})) for kernel in found.kernels))
        for claim, by_kernel in found.claims.items()
    ]
    yield f"{localized(title)}\n{table(headers, rows, width, words=len(headers))}"


def _outcomes(counts: Mapping[Outcome, int]) -> str | Message:
    """Return one word where all runs agree, else each outcome with how many came to it."""
    if not counts:
        return MISSING
    if len(counts) == 1:
        return message(str(next(iter(counts))))
    told = [
        message("{outcome} {count}", outcome=message(str(outcome)), count=cell(count))
        for outcome, count in sorted(counts.items())
    ]
    return joined(", ", told)
