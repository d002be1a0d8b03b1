"""Findings of two sides in sentences: what appeared, disappeared, could not be judged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from statistics import median

from analysis.comparison.findings import Change, FoundOnce, OnSide
from tracer.shared.clock import NS_PER_MS
from tracer.shared.message import Message, joined, message


def found_line(found: Sequence[FoundOnce]) -> Message:
    """Return in one line how many findings appeared, disappeared and stayed."""
    counts = Counter(each.change for each in shown(found))
    if not counts:
        return message("Findings: none on either side.")
    parts = [
        message("{count} {change}", count=counts[change], change=message(str(change)))
        for change in Change
        if counts[change]
    ]
    return message("Findings: {counts}.", counts=joined(", ", parts))


def lines_of(each: FoundOnce) -> Iterator[Message]:
    """Yield a line on how a finding changed, and one for each side."""
    yield message(
        "{change}: {title} [{rule}]",
        change=message(str(each.change)), title=each.rule.title, rule=each.rule.id,
    )  # fmt: skip
    for name, side in (("A", each.a), ("B", each.b)):
        yield message("{name}: {what}", name=name, what=on_side(side))


def on_side(side: OnSide) -> str:
    """Return what a side has for a finding, with its numbers."""
    if side.unjudged and not side.findings:
        return message("not judged: {why}", why=side.unjudged)
    if side.sentence is None:
        return message("not found")
    sentence: str = side.sentence
    if any(side.times_ns):
        sentence = message("{sentence}; {time} in all", sentence=sentence, time=_time(side))
    if side.recordings == 1:
        return sentence
    return message(
        "in {count} of {recordings}, the first: {sentence}",
        count=len(side.findings),
        recordings=side.recordings,
        sentence=sentence,
    )


def unjudged(found: Sequence[FoundOnce]) -> Message | None:
    """Return in one line what could not be judged on either side; None if all was."""
    reasons: dict[str, list[str]] = {}
    for each in found:
        if each.change == Change.UNJUDGED and each.because:
            reasons.setdefault(each.because, []).append(each.rule.id)
    if not reasons:
        return None
    parts = [
        message("{rules} ({why})", rules=", ".join(dict.fromkeys(rules)), why=why)
        for why, rules in reasons.items()
    ]
    return message("Not judged: {what}", what=joined("; ", parts))


def shown(found: Sequence[FoundOnce]) -> list[FoundOnce]:
    """Return those that either side has."""
    return [each for each in found if each.a.findings or each.b.findings]


def _time(side: OnSide) -> Message:
    """Return the time that a finding took, the median of several recordings with their range."""
    times = [each / NS_PER_MS for each in side.times_ns]
    if len(times) == 1:
        return message("{time:,.3g} ms", time=times[0])
    return message(
        "{time:,.3g} ms ({least:,.3g}..{most:,.3g})",
        time=median(times), least=min(times), most=max(times),
    )  # fmt: skip
