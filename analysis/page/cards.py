"""What a page shows of each claim, as values for the templates."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from markupsafe import Markup

from analysis.checks.undecided import Undecided
from analysis.packs import OURS
from analysis.page.charts import ChartSlot, chart_slot
from analysis.page.timeline_html import timeline_html
from analysis.pictures.shares import shares_chart
from analysis.terminal.tables import harmless
from analysis.verdicts.engine import Claim, Evidence, Outcome, Verdict
from analysis.verdicts.evidence_picture import EVIDENCE
from analysis.verdicts.exhibits import Exhibit, Recording
from analysis.verdicts.results import KernelResult, claims_of
from tracer.shared.message import joined, message


@dataclass(frozen=True)
class Cell:
    """The verdict on one kernel; None: the claim was not decided there."""

    kernel: str
    outcome: Outcome | None


@dataclass(frozen=True)
class Finding:
    """A verdict, what the kernels do, and what was found.

    ``sentences``: each with the kernels on which it is the same word for word; ``answers``: each
    once.
    """

    outcome: Outcome
    sentences: tuple[tuple[tuple[str, ...], str], ...]
    answers: tuple[str, ...] = ()

    @property
    def kernels(self) -> tuple[str, ...]:
        """All kernels that have this verdict."""
        return tuple(kernel for kernels, _ in self.sentences for kernel in kernels)


@dataclass(frozen=True)
class Row:
    """A number of the evidence: its value by kernel, in order; None where there is none."""

    metric: str
    unit: str
    source: str
    values: tuple[float | None, ...]

    @property
    def same(self) -> bool:
        """Tell whether it is the same number on all of several kernels."""
        return len(self.values) > 1 and len(set(self.values)) == 1


@dataclass(frozen=True)
class Function:
    """A kernel function: its places (file, tag, link), and by kernel how it was compiled."""

    name: str
    places: tuple[tuple[str, str, str], ...]
    remarks: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True)
class Card:
    """One claim on all kernels.

    ``counts``: (what, part, whole), for a picture that says no more than that.
    """

    claim: Claim
    cells: tuple[Cell, ...]
    findings: tuple[Finding, ...]
    evidence: tuple[Row, ...]
    chart: ChartSlot | None
    timeline: Markup | None
    recordings: tuple[tuple[str, Recording], ...]
    command: str
    functions: tuple[Function, ...] = ()
    counts: tuple[tuple[str, int, int], ...] = ()

    @property
    def open(self) -> bool:
        """Tell whether it is shown unfolded: something other than "supported" was found."""
        return set(self.outcomes) != {str(Outcome.SUPPORTED)}

    @property
    def outcomes(self) -> tuple[str, ...]:
        """The verdicts it has on any kernel, each once."""
        return tuple(dict.fromkeys(str(each.outcome) for each in self.cells if each.outcome))

    @property
    def differs(self) -> bool:
        """Tell whether kernels that decided it disagree."""
        return len(self.outcomes) > 1

    @property
    def whole(self) -> bool:
        """Tell whether nothing was lost in its recordings."""
        return all(recording.whole for _, recording in self.recordings)


def short_names(results: Sequence[KernelResult]) -> dict[str, str]:
    """Return the column headings by release: the series where that is unique."""
    series = [result.series for result in results]
    enough = len(set(series)) == len(series)
    return {each.release: each.series if enough else each.release for each in results}


def cards_of(results: Sequence[KernelResult], packs: Sequence[str] = ()) -> list[Card]:
    """Return a card for each claim that was decided on any kernel; ``packs``: the user's files."""
    return [_card(claim, results, packs) for claim in claims_of(results)]


def _card(claim: Claim, results: Sequence[KernelResult], packs: Sequence[str]) -> Card:
    verdicts = {result.release: result.verdict(claim.id) for result in results}
    decided = {release: verdict for release, verdict in verdicts.items() if verdict}
    exhibits = {r.release: r.exhibits[claim.id] for r in results if claim.id in r.exhibits}
    counts = _counts(claim, exhibits)
    return Card(
        claim=claim,
        cells=tuple(
            Cell(k, verdict.outcome if verdict else None) for k, verdict in verdicts.items()
        ),
        findings=tuple(_findings(decided)),
        evidence=tuple(_evidence(claim, verdicts)),
        chart=None if counts else _chart(claim, exhibits, decided),
        timeline=next(
            (timeline_html(each.timeline) for each in exhibits.values() if each.timeline), None
        ),
        recordings=tuple((k, each) for k, found in exhibits.items() for each in found.recordings),
        command=_command(claim, results, packs),
        functions=tuple(_functions(claim, exhibits)),
        counts=counts,
    )


def _functions(claim: Claim, exhibits: dict[str, Exhibit]) -> Iterator[Function]:
    """Yield the claim's functions, each with the files and remarks of all kernels."""
    for name in claim.functions:
        found = {k: f for k, each in exhibits.items() for f in each.functions if f.name == name}
        if not found:
            continue
        remarks: dict[str, tuple[str, ...]] = {}
        for kernel, each in found.items():
            if each.remark:
                remarks[each.remark] = (*remarks.get(each.remark, ()), kernel)
        places = dict.fromkeys((each.file, each.tag, each.link) for each in found.values())
        yield Function(name, tuple(places), tuple(remarks.items()))


def _counts(claim: Claim, exhibits: dict[str, Exhibit]) -> tuple[tuple[str, int, int], ...]:
    """Return a picture of parts in words, if each is all or none on every kernel."""
    rows = [each.rows for each in exhibits.values() if each.rows is not None]
    if claim.picture is None or claim.picture.chart is not shares_chart or not rows:
        return ()
    if not all(frame["count"].isin([0]).where(frame["count"] != frame["of"], True).all()
               for frame in rows):  # fmt: skip
        return ()
    first = rows[0]
    return tuple(zip(first["what"], map(int, first["count"]), map(int, first["of"]), strict=True))


def folded_title(sentences: Sequence[tuple[tuple[str, ...], str]], short: dict[str, str]) -> str:
    """Return the folded part: numbers by kernel, which are called as in ``short``."""
    names = [short[kernel] for kernels, _ in sentences for kernel in kernels]
    return message("The numbers of {kernels}", kernels=joined(", ", names))


def part_of(part: int, whole: int) -> str:
    """Return "11 of 11"."""
    return message("{part:,} of {whole:,}", part=part, whole=whole)


def _findings(verdicts: dict[str, Verdict]) -> Iterator[Finding]:
    for outcome in dict.fromkeys(verdict.outcome for verdict in verdicts.values()):
        by_text: dict[str, tuple[str, ...]] = {}
        answers: dict[str, None] = {}
        for kernel, verdict in verdicts.items():
            if verdict.outcome == outcome:
                text = verdict.undecided_because or verdict.finding
                by_text[text] = (*by_text.get(text, ()), kernel)
                answers |= {verdict.answer: None} if verdict.answer else {}
        sentences = tuple((kernels, text) for text, kernels in by_text.items())
        yield Finding(outcome, sentences, tuple(answers))


def _evidence(claim: Claim, verdicts: dict[str, Verdict | None]) -> Iterator[Row]:
    found = [
        {_key(each): each.value for each in (verdict.evidence if verdict else ())}
        for verdict in verdicts.values()
    ]
    for metric, unit, source in dict.fromkeys(key for numbers in found for key in numbers):
        values = tuple(numbers.get((metric, unit, source)) for numbers in found)
        yield Row(metric, unit, "" if source == claim.experiment.id else source, values)


def _key(each: Evidence) -> tuple[str, str, str]:
    return each.metric, each.unit, each.experiment


def _chart(
    claim: Claim, exhibits: dict[str, Exhibit], verdicts: dict[str, Verdict]
) -> ChartSlot | None:
    """Return the claim's picture; bars of its evidence if it has none, or nothing to draw."""
    rows = {harmless(k): each.rows for k, each in exhibits.items() if each.rows is not None}
    rows = {kernel: frame for kernel, frame in rows.items() if not frame.empty}
    if claim.picture and rows:
        return chart_slot(f"chart-{claim.id}", claim.picture, rows)
    numbers = dict(_numbers(verdicts))
    return chart_slot(f"chart-{claim.id}", EVIDENCE, numbers) if numbers else None


def _numbers(verdicts: dict[str, Verdict]) -> Iterator[tuple[str, pd.DataFrame]]:
    for kernel, verdict in verdicts.items():
        try:
            yield harmless(kernel), EVIDENCE.rows(verdict)
        except Undecided:
            continue


def _command(claim: Claim, results: Sequence[KernelResult], packs: Sequence[str]) -> str:
    words = ["tracer", "verify", "--claim", claim.id]
    if claim.id not in {each.id for each in OURS}:
        words += [word for path in packs for word in ("--pack", path)]
    for result in results:
        words += ["--kernel", result.release] if result.where == "lab" else []
    return shlex.join(words)


def phase_fields(claim: Claim) -> list[tuple[str, str]]:
    """Return each phase of the claim's experiment: its name and its fields."""
    return [
        (str(phase.get("name", phase.get("model", ""))), _fields(phase))
        for phase in claim.experiment.phases
    ]


def _fields(phase: Any) -> str:
    return " · ".join(f"{key} {value}" for key, value in phase.items() if key != "name")


def experiment_sentence(claim: Claim) -> str:
    """Return at which detail and in which boots the claim's experiment is recorded."""
    return message(
        "Recorded at detail {detail}; boots: {boots}.",
        detail=claim.experiment.detail,
        boots=joined(", ", [boot.title for boot in claim.experiment.boots]),
    )


def losses_sentence(kernel: str, recording: Recording) -> str:
    """Return what was lost and missed in ``recording``; ``kernel`` may be ""."""
    return message(
        "{trace}: lost {losses}; missed {misses}",
        trace=f"{kernel}/{recording.name}" if kernel else recording.name,
        losses=recording.losses,
        misses=recording.misses,
    )
