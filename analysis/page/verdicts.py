"""The page of a run of ``verify``: the matrix of claims and kernels, then a card for each claim."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from analysis.claims.lectures import LECTURES
from analysis.claims.notes import DOCUMENT, SECTIONS
from analysis.claims.topics import CLAIMS
from analysis.page.cards import (
    Card,
    cards_of,
    experiment_sentence,
    folded_title,
    losses_sentence,
    part_of,
    phase_fields,
    short_names,
)
from analysis.page.document import in_every_language
from analysis.recorded import WHERE
from analysis.verdicts.engine import Outcome
from analysis.verdicts.overview import Overview
from analysis.verdicts.results import KernelResult
from tracer.shared.message import joined, message, message_n

MEANINGS: Final = {
    Outcome.SUPPORTED: message("the statement holds"),
    Outcome.CORRECTED: message("it holds in part; the finding says which part"),
    Outcome.REFUTED: message("the kernel does something else"),
    Outcome.UNDECIDED: message("evidence was lost or could not be obtained; never a guess"),
}
"""What a verdict means, in the order that a page lists them."""

WORDS: Final = {
    Outcome.SUPPORTED: message("supported"),
    Outcome.CORRECTED: message("corrected"),
    Outcome.REFUTED: message("refuted"),
    Outcome.UNDECIDED: message("undecided"),
}


@dataclass(frozen=True)
class Run:
    """How ``verify`` was run: the command that does it again, and the user's packs by path."""

    command: str = ""
    packs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Chapter:
    """A lecture on a page: its cards, and what its head shows by kernel."""

    id: str
    title: str
    cards: Sequence[Card]
    overviews: Sequence[tuple[str, Overview]]


@dataclass(frozen=True)
class Tally:
    """A verdict, what it means, and how many claims have it on any kernel."""

    outcome: Outcome
    meaning: str
    claims: int


def verdicts_html(results: Sequence[KernelResult], run: Run | None = None) -> str:
    """Return the page as one self-contained HTML file."""
    how = run or Run()
    charts = any(exhibit.rows is not None for each in results for exhibit in each.exhibits.values())
    evidence = any(d.verdict.evidence for each in results for d in each.decisions)
    return in_every_language("verdicts.html.j2", charts or evidence, lambda: _values(results, how))


def _values(results: Sequence[KernelResult], run: Run) -> dict[str, Any]:
    """Return the template's values, in the language in use."""
    cards = cards_of(results, run.packs)
    return {
        "results": results,
        "lectures": list(_chapters(results, cards)),
        "words": {str(outcome): word for outcome, word in WORDS.items()},
        "tallies": [_tally(outcome, cards) for outcome in MEANINGS],
        "differing": sum(card.differs for card in cards),
        "facts": _facts(results, cards, run),
        "phase_fields": phase_fields,
        "short": short_names(results),
        "experiment_sentence": experiment_sentence,
        "losses_sentence": losses_sentence,
        "folded_title": folded_title,
        "part_of": part_of,
    }


def _chapters(results: Sequence[KernelResult], cards: Sequence[Card]) -> Iterator[Chapter]:
    """Yield the lectures that have cards; claims without a lecture, a user's, come last."""
    place = {claim.id: number for number, claim in enumerate(CLAIMS)}
    ordered = sorted(cards, key=lambda card: place.get(card.claim.id, len(place)))
    for lecture in LECTURES:
        own = [card for card in ordered if card.claim.lecture == lecture]
        if own:
            yield Chapter(lecture.id, lecture.title, own, _overviews(results, lecture.id))
    others = [card for card in ordered if card.claim.lecture not in LECTURES]
    if others:
        yield Chapter("others", message("Other claims"), others, [])


def _overviews(results: Sequence[KernelResult], lecture: str) -> list[tuple[str, Overview]]:
    return [
        (result.release, result.overviews[lecture])
        for result in results
        if lecture in result.overviews
    ]


def _tally(outcome: Outcome, cards: Sequence[Card]) -> Tally:
    having = sum(str(outcome) in card.outcomes for card in cards)
    return Tally(outcome, MEANINGS[outcome], having)


def _facts(
    results: Sequence[KernelResult], cards: Sequence[Card], run: Run
) -> list[tuple[str, str]]:
    """Return what was run, as (label, text), short enough for the first screen."""
    experiments = dict.fromkeys(card.claim.experiment.id for card in cards)
    of_notes = any(card.claim.section in SECTIONS for card in cards)
    facts = [
        (message("Document"), DOCUMENT if of_notes else ""),
        (message("Kernels"), joined(", ", [_kernel(result) for result in results])),
        (message("Command"), run.command),
        (message("Recorded"), _when(cards)),
        (message("Experiments"), ", ".join(experiments)),
        (message("Losses"), _losses(results)),
    ]
    return [(label, text) for label, text in facts if text]


def _kernel(result: KernelResult) -> str:
    return message(
        "{release} ({where})", release=result.release, where=WHERE.get(result.where, result.where)
    )


def _when(cards: Sequence[Card]) -> str:
    """Return the day of the recordings, or the first and the last day."""
    days = sorted({recording.started_at[:10] for card in cards for _, recording in card.recordings})
    if len(days) < 2:
        return "".join(days)
    return message("{first} to {last}", first=days[0], last=days[-1])


def _losses(results: Sequence[KernelResult]) -> str:
    """Return in one line what was lost in all recordings."""
    seen = {
        (result.release, recording.name): recording
        for result in results
        for exhibit in result.exhibits.values()
        for recording in exhibit.recordings
    }
    lossy = ["/".join(key) for key, recording in seen.items() if not recording.whole]
    if not seen:
        return ""
    if not lossy:
        return message_n(
            "none in {count:,} recording", "none in {count:,} recordings", count=len(seen)
        )
    return message(
        "in {lossy:,} of {all:,} recordings: {which}",
        lossy=len(lossy), all=len(seen), which=joined(", ", lossy),
    )  # fmt: skip
