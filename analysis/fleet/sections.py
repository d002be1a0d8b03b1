"""The sections of a fleet's report: what was left out, hosts that differ, then sums."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from analysis.fleet.fleet import Sum, Unread
from analysis.fleet.outliers import BY_NAME, LEAST_HOSTS, RATES
from analysis.fleet.summary import Summary
from analysis.fleet.verdicts import Verdicts
from analysis.metrics import summary as table_of
from analysis.recorded import WHERE
from analysis.terminal.tables import MISSING, cell
from analysis.verdicts.engine import Outcome
from analysis.windows.totals import Totals
from tracer.shared.clock import NS_PER_US
from tracer.shared.message import Message, joined, message, message_n

NS_PER_S: Final = 1e9


@dataclass(frozen=True)
class Lines:
    """Some sentences that belong together; ``items`` are a list below them."""

    sentences: tuple[str, ...]
    items: tuple[str, ...] = ()


@dataclass(frozen=True)
class Grid:
    """A table; its first ``words`` columns hold words. ``more`` rows are not shown."""

    title: Message
    headers: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]
    words: int
    more: int = 0


Section = Lines | Grid


def sections(found: Summary, most: int, kernels: int) -> Iterator[Section]:
    """Yield the report ``found``: ``most`` rows of a table, ``kernels`` columns of verdicts."""
    traces, verdicts = found.fleet, found.verdicts
    if traces.rows or verdicts is None:
        yield Lines(tuple(_head(found, most)))
    yield from _left_out(traces.unread, most, message_n(
        "{count:,} trace is not in this report:", "{count:,} traces are not in this report:",
        count=len(traces.unread),
    ))  # fmt: skip
    yield from _left_out(traces.copies, most, message_n(
        "{count:,} copy is not counted:", "{count:,} copies are not counted:",
        count=len(traces.copies),
    ))  # fmt: skip
    if traces.rows:
        yield _outliers(found, most)
        yield _findings(found)
        yield _sums(message("By host"), message("host name"), found.hosts, most)
        yield _sums(message("By release"), message("release"), found.releases, most)
        yield _sums(message("By program"), message("program"), found.programs, most)
        yield _families(found)
        yield from _doubtful(found, most)
    if verdicts is not None:
        yield from _verdicts(verdicts, most, kernels)


def _head(found: Summary, most: int) -> Iterator[str]:
    total = found.total
    yield message(
        "{traces}, {hosts}, {releases}: {calls:,} calls in {seconds:,.1f} s of recording",
        traces=message_n("{count:,} trace", "{count:,} traces", count=total.traces),
        hosts=message_n("{count:,} host", "{count:,} hosts", count=total.hosts),
        releases=message_n("{count:,} release", "{count:,} releases", count=len(found.releases)),
        calls=total.amount.calls,
        seconds=total.recorded_ns / NS_PER_S,
    )
    unknown = sum(row.host is None for row in found.fleet.rows)
    if unknown:
        yield message_n(
            "host unknown: {count:,} trace does not say where it was recorded",
            "host unknown: {count:,} traces do not say where they were recorded",
            count=unknown,
        )
    if total.doubtful:
        yield message_n(
            "{count:,} trace is in doubt: lost records, or checks that failed; see below",
            "{count:,} traces are in doubt: lost records, or checks that failed; see below",
            count=total.doubtful,
        )
    for host, one, other in found.overlapping[:most]:
        yield message(
            "host {host} twice: {one} and {other} were recorded at the same time; the calls of "
            "both are counted (or two machines share a name)",
            host=host,
            one=one,
            other=other,
        )
    yield from _more(len(found.overlapping) - most)


def _more(number: int) -> Iterator[str]:
    if number > 0:
        yield message("and {number} more", number=number)


def _left_out(unread: Sequence[Unread], most: int, title: Message) -> Iterator[Lines]:
    if unread:
        reasons = [each.because for each in unread[:most]]
        yield Lines((title,), (*reasons, *_more(len(unread) - most)))


def _outliers(found: Summary, most: int) -> Section:
    if not found.outliers:
        known = found.total.hosts
        if known < LEAST_HOSTS:
            line = message(
                "Outliers: not determined; needed {least} hosts, found {hosts}",
                hosts=known,
                least=LEAST_HOSTS,
            )
        else:
            line = message("Outliers: no host differs from the others")
        return Lines((line,))
    rows = [
        (each.host, BY_NAME[each.rate].meaning, each.value, each.median, each.score, each.hosts)
        for each in found.outliers
    ]
    headers = (
        message("host name"), message("what differs"), message("here"), message("median"),
        message("score"), message("hosts"),
    )  # fmt: skip
    title = message("Outliers: hosts that differ from the others")
    return Grid(title, headers, tuple(rows[:most]), 2, len(rows) - most)


def _findings(found: Summary) -> Section:
    rows = [
        (each.rule, each.traces, each.judged, each.findings) for each in found.rules if each.traces
    ]
    if not rows:
        judged = sum(bool(row.judged) for row in found.fleet.rows)
        line = message("Findings: none in {judged:,} traces that could be judged", judged=judged)
        return Lines((line,))
    headers = (message("finding"), message("traces"), message("judged in"), message("findings"))
    return Grid(message("Findings"), headers, tuple(rows), 1)


def _sums(title: Message, what: Message, sums: Sequence[Sum], most: int) -> Grid:
    rates = [rate for rate in RATES if any(rate.of(each) is not None for each in sums)]
    headers = (
        what, message("traces"), message("hosts"), message("calls"),
        *(rate.heading for rate in rates),
    )  # fmt: skip
    rows = [
        (
            each.name, each.traces, each.hosts or None, each.amount.calls,
            *(rate.of(each) for rate in rates),
        )
        for each in sums[:most]
    ]  # fmt: skip
    return Grid(title, headers, tuple(rows), 1, len(sums) - most)


def _families(found: Summary) -> Section:
    totals = Totals({(0, family): total for family, total in found.fleet.families.items()})
    frame = table_of(totals)
    if frame.empty:
        return Lines((message("No traced system calls."),))
    times = ("kernel_ns_median", "kernel_ns_mean", "wall_ns_median")
    headers = (
        message("family"), message("calls"), *(name.replace("_ns_", "\n") for name in times)
    )  # fmt: skip
    rows = [
        (
            row["family"], int(row["calls"]),
            *(None if row[name] is None else row[name] / NS_PER_US for name in times),
        )
        for row in frame.astype(object).where(frame.notna(), None).to_dict("records")
    ]  # fmt: skip
    title = message("By family of system calls; times per call in µs")
    return Grid(title, headers, tuple(rows), 1)


def _doubtful(found: Summary, most: int) -> Iterator[Grid]:
    doubtful = [row for row in found.fleet.rows if row.doubts.any]
    if doubtful:
        rows = [
            (row.name, row.host, row.doubts.state, row.doubts.lost, row.doubts.missed,
             row.doubts.problems)
            for row in doubtful[:most]
        ]  # fmt: skip
        headers = (
            message("trace"), message("host name"), message("state"), message("lost"),
            message("missed"), message("problems"),
        )  # fmt: skip
        title = message("In doubt (tracer report of each says why)")
        yield Grid(title, headers, tuple(rows), 3, len(doubtful) - most)


def _verdicts(found: Verdicts, most: int, kernels: int) -> Iterator[Section]:
    yield from _left_out(found.unread, most, message_n(
        "{count:,} run of verify is not in this report:",
        "{count:,} runs of verify are not in this report:",
        count=len(found.unread),
    ))  # fmt: skip
    title = message_n(
        "Verdicts of {count:,} run of verify; claims that differ first",
        "Verdicts of {count:,} runs of verify; claims that differ first",
        count=found.runs,
    )
    for first in range(0, len(found.kernels), kernels):
        some = found.kernels[first : first + kernels]
        heads = [
            message("{release} ({where})", release=release, where=WHERE[where])
            for release, where in some
        ]
        rows = [
            (claim, *(_outcomes(by_kernel.get(kernel, {})) for kernel in some))
            for claim, by_kernel in found.claims.items()
        ]
        yield Grid(title, (message("claim"), *heads), tuple(rows), 1 + len(heads))


def _outcomes(counts: Mapping[Outcome, int]) -> str | Message:
    """Return one word if all runs agree, else each outcome with its count."""
    if not counts:
        return MISSING
    if len(counts) == 1:
        return message(str(next(iter(counts))))
    parts = [
        message("{outcome} {count}", outcome=message(str(outcome)), count=cell(count))
        for outcome, count in sorted(counts.items())
    ]
    return joined(", ", parts)
