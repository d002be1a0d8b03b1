"""The verdicts of a run for a terminal: what does not hold before what does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final

from analysis.terminal import colour
from analysis.terminal.tables import terminal_width
from analysis.verdicts.engine import CORRECTED, REFUTED, SUPPORTED, Claim, Outcome, Verdict
from analysis.verdicts.results import KernelResult, claims_of
from tracer.shared.message import Message, joined, localized, localized_line, message, message_n
from tracer.shared.visible import visible
from tracer.shared.wrapping import cells, padded, wrapped

ORDER: Final = (REFUTED, CORRECTED, Outcome.UNDECIDED, SUPPORTED)
"""What a reader wants to know first. A claim is placed by its first verdict in this order."""
LEAST: Final = 40
"""Minimum width of a text in cells, however narrow the terminal."""


def to_text(
    results: Sequence[KernelResult],
    width: int | None = None,
    coloured: bool = False,
    everything: bool = False,
) -> str:
    """Return each claim's statement and verdict, then the count of each verdict.

    What was found is shown for claims that do not hold as stated, or on which kernels disagree;
    with ``everything`` for all claims.
    """
    claims = sorted(claims_of(results), key=lambda claim: ORDER.index(_first(results, claim)))
    column = max(cells(_word(outcome)) for outcome in ORDER) + 2
    room = max((width or terminal_width()) - column, LEAST)
    parts = []
    for outcome, group in groupby(claims, key=lambda claim: _first(results, claim)):
        word = padded(_word(outcome), column)
        painted = colour.paint(str(outcome), coloured) + word[len(_word(outcome)) :]
        lines = [
            _beside(painted, column, list(_claim(results, claim, everything)), room)
            for claim in group
        ]
        parts.append("\n".join(lines))
    parts.append("\n".join(localized(total(result)) for result in results))
    return "\n\n".join(parts) + "\n"


def total(result: KernelResult) -> Message:
    """Return how many claims have each verdict on a kernel."""
    counted = Counter(decision.verdict.outcome for decision in result.decisions)
    counts = [
        message("{count:,} {verdict}", count=counted[outcome], verdict=message(str(outcome)))
        for outcome in ORDER
        if counted[outcome]
    ]
    claims = message_n("{count:,} claim", "{count:,} claims", count=len(result.decisions))
    return message(
        "{kernel}: {claims}: {counts}",
        kernel=result.title,
        claims=claims,
        counts=joined(", ", counts),
    )


def _verdicts(results: Sequence[KernelResult], claim: Claim) -> list[tuple[str, Verdict]]:
    """Return the verdicts on ``claim``, each with the kernel's series, or release where needed."""
    series = [result.series for result in results]
    short = len(set(series)) == len(series)
    return [
        (result.series if short else visible(result.release), verdict)
        for result in results
        if (verdict := result.verdict(claim.id))
    ]


def _first(results: Sequence[KernelResult], claim: Claim) -> Outcome:
    return min((each.outcome for _, each in _verdicts(results, claim)), key=ORDER.index)


def _word(outcome: Outcome) -> str:
    return localized(message(str(outcome)))


def _claim(results: Sequence[KernelResult], claim: Claim, everything: bool) -> Iterator[str]:
    """Yield the texts on a claim, each of one or more lines."""
    yield f"{localized_line(claim.statement)} ({visible(claim.id)})"
    verdicts = _verdicts(results, claim)
    agreed = len({each.outcome for _, each in verdicts}) == 1
    if agreed and verdicts[0][1].outcome is SUPPORTED and not everything:
        return
    found: dict[tuple[str, ...], list[str]] = {}
    for kernel, verdict in verdicts:
        found.setdefault(_found(verdict, agreed), []).append(kernel)
    for texts, kernels in found.items():
        where = f"{', '.join(kernels)}: " if len(results) > 1 else ""
        first, *others = texts
        yield where + first
        yield from others


def _found(verdict: Verdict, agreed: bool) -> tuple[str, ...]:
    """Return what the kernel does, and this run's numbers; also the verdict where they differ."""
    texts = (verdict.answer, verdict.undecided_because or verdict.finding)
    said = [localized_line(text) for text in texts if text] or [""]
    if not agreed:
        said[0] = f"{_word(verdict.outcome)}: {said[0]}"
    return tuple(said)


def _beside(word: str, column: int, texts: Sequence[str], room: int) -> str:
    lines = [line for text in texts for line in wrapped(text, room, "  ").split("\n")]
    return "\n".join([word + lines[0], *(" " * column + line for line in lines[1:])])
