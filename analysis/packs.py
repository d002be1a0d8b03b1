"""Packs of claims: ours, from the notes and beyond them, and a user's own file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from analysis.claims.notes import SECTIONS
from analysis.claims.topics import CLAIMS
from analysis.experiments.experiment import Experiment
from analysis.own_code import read_tuple
from analysis.verdicts.engine import DECIDED, Claim
from tracer.shared.errors import TracerError, unknown_name
from tracer.shared.message import message


def _place(claim: Claim) -> int:
    return SECTIONS.index(claim.section) if claim.section in SECTIONS else len(SECTIONS)


OURS: Final = tuple(sorted(CLAIMS, key=_place))
"""Every claim that comes with tracer: those of the notes in order, then those beyond them."""

EXPERIMENTS: Final = tuple({claim.experiment.id: claim.experiment for claim in OURS}.values())
"""The experiments for them, each once, in the order of the claims."""

Parse = Callable[[list[dict[str, Any]]], object]
"""Takes an experiment's phases; raises if they cannot be run: ``spec.parse``."""


class PackFile(NamedTuple):
    """The content of a user's file: its claims, and a sentence per problem with the others."""

    claims: tuple[Claim, ...]
    problems: tuple[str, ...]


def ordinary(claims: Sequence[Claim]) -> list[Claim]:
    """Return those of ``claims`` that one ordinary boot decides."""
    return [claim for claim in claims if claim.experiment.ordinary]


def claim_named(name: str, claims: Sequence[Claim] = OURS) -> Claim:
    """Return the claim called ``name``; UsageError names the nearest if there is none."""
    for each in claims:
        if each.id == name:
            return each
    raise unknown_name("claim", name, [each.id for each in claims])


def experiment(name: str) -> Experiment:
    """Return the experiment called ``name``; UsageError names the nearest if there is none."""
    for each in EXPERIMENTS:
        if each.id == name:
            return each
    raise unknown_name("experiment", name, [each.id for each in EXPERIMENTS])


def load_pack(
    path: Path, parse: Parse, others: Sequence[Claim] = OURS, *, trusted: bool = False
) -> PackFile:
    """Return the claims of the Python file ``path``: its tuple ``CLAIMS``.

    ``parse`` (``tracer.workloads.spec.parse``) says whether phases can be run. Whatever is no
    claim, has no experiment that can be run, or has the id of another claim (in the file, or in
    ``others``) is left out and named in ``problems``. UsageError: there is no such file, it does
    not import, it has no CLAIMS, or it would run as root without being ``trusted`` and others may
    have written it.
    """
    found = _claims_of(path, trusted)
    kept: list[Claim] = []
    problems: list[str] = []
    for number, each in enumerate(found, start=1):
        problem = _problem(each, [*others, *kept], parse)
        if problem:
            title = _title(each, number)
            problems.append(
                message("{path}: claim {title}: {problem}", path=path, title=title, problem=problem)
            )
        else:
            kept.append(each)
    return PackFile(tuple(kept), tuple(problems))


def _claims_of(path: Path, trusted: bool) -> Sequence[Any]:
    return read_tuple(
        path,
        "CLAIMS",
        message("a pack is a Python file with a tuple CLAIMS"),
        message("needed a tuple of the claims it makes"),
        trusted=trusted,
    )


def _problem(each: object, others: Sequence[Claim], parse: Parse) -> str | None:
    if not isinstance(each, Claim):
        return message("{what!r} is not a claim; needed a function under @claim(...)", what=each)
    if any(each.id == other.id for other in others):
        return message("another claim has this id; choose another")
    if not set(each.verdicts) <= set(DECIDED):
        known = ", ".join(DECIDED)
        return message(
            "its verdicts are {verdicts!r}; choose of {known}", verdicts=each.verdicts, known=known
        )
    if not isinstance(each.experiment, Experiment):
        return message("its experiment is {what!r}; needed an Experiment", what=each.experiment)
    return _problem_of(each.experiment, [other.experiment for other in others], parse)


def _problem_of(experiment: Experiment, others: Sequence[Experiment], parse: Parse) -> str | None:
    if any(experiment.id == other.id and experiment != other for other in others):
        return message("another experiment has the id {id}; choose another", id=experiment.id)
    try:
        parse([dict(phase) for phase in experiment.phases])
    except (TracerError, TypeError, ValueError) as error:
        return message("its experiment {id} cannot be run: {why}", id=experiment.id, why=str(error))
    return None


def _title(each: object, number: int) -> str:
    name = getattr(each, "id", None)
    return message("number {number}", number=number) if name is None else str(name)
