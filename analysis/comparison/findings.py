"""Findings that appeared and disappeared: rule by rule, with the numbers of both sides."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import chain

from analysis.comparison.sides import Side, wanted
from analysis.findings.examine import Examination
from analysis.findings.rule import Finding, Rule
from analysis.findings.telling import Group, groups
from tracer.shared.message import joined, message


class Change(StrEnum):
    """How a finding changed from A to B."""

    CAME = "came"
    """In no recording of A, and in all of B."""
    WENT = "went"
    BOTH = "in both"
    SOME = "in some"
    """In some recordings of a side, but not in others: no change is claimed."""
    UNJUDGED = "not judged"
    """Some recording could not be judged: evidence was lost, or a hook is missing."""


@dataclass(frozen=True)
class OnSide:
    """A finding on one side, which has so many ``recordings``.

    ``findings`` has the longest one for each recording in which it was found, ``times_ns`` how long
    all those of the recording took; ``sentence`` describes the first.
    """

    recordings: int
    findings: tuple[Finding, ...]
    times_ns: tuple[int, ...]
    sentence: str | None
    unjudged: str | None

    @property
    def numbers(self) -> Mapping[tuple[str, str], tuple[float, ...]]:
        """Each recording's numbers, by name and unit."""
        found: dict[tuple[str, str], list[float]] = {}
        for number in chain.from_iterable(each.numbers for each in self.findings):
            found.setdefault((number.name, number.unit), []).append(number.value)
        return {key: tuple(values) for key, values in found.items()}


@dataclass(frozen=True)
class FoundOnce:
    """A rule that found something on a side, or that could not be judged on one.

    ``program`` is that of the processes, if both sides have one of that name; None: of those that
    only one side has.
    """

    rule: Rule
    program: str | None
    a: OnSide
    b: OnSide
    change: Change

    @property
    def because(self) -> str | None:
        """Why it could not be judged."""
        sides = (("A", self.a.unjudged), ("B", self.b.unjudged))
        reasons = [message("in {name}: {why}", name=name, why=why) for name, why in sides if why]
        return joined("; ", reasons) if reasons else None


def findings_of(
    a: Side, b: Side, who: Collection[str], rules: Sequence[Rule]
) -> Iterator[FoundOnce]:
    """Yield what ``rules`` found on either side, new ones first; then what was not judged.

    ``who``: only in these programs; (): in all.
    """
    of_a, of_b = _examined(a, who), _examined(b, who)
    shared = _programs(of_a) & _programs(of_b)
    by_key = {
        name: _by_key(examinations, shared) for name, examinations in (("a", of_a), ("b", of_b))
    }
    by_id = {rule.id: rule for rule in rules}
    keys = dict.fromkeys([*by_key["a"], *by_key["b"]])
    there = {rule for rule, _ in keys}
    keys |= dict.fromkeys(key for key in _unjudged([*of_a, *of_b]) if key[0] not in there)
    found = [
        _held_together(by_id[rule], program, _on_side(a, of_a, by_key["a"], rule, program),
                       _on_side(b, of_b, by_key["b"], rule, program))
        for rule, program in keys
    ]  # fmt: skip
    order = list(Change)
    yield from sorted(found, key=lambda each: (order.index(each.change), -_longest(each)))


def _examined(side: Side, who: Collection[str]) -> list[Examination]:
    found = []
    for member in side.members:
        each = member.examination
        kept = (one for one in each.findings if wanted(who, each.facts.program(one.pid)))
        found.append(replace(each, findings=tuple(kept)))
    return found


def _programs(examinations: Sequence[Examination]) -> set[str]:
    return {name for each in examinations for name in each.facts.programs.values()}


Keyed = Mapping[tuple[str, str | None], Mapping[int, list[Group]]]
"""By rule and program: the groups of each recording that has any, by its index."""


def _by_key(examinations: Sequence[Examination], shared: Collection[str]) -> Keyed:
    found: dict[tuple[str, str | None], dict[int, list[Group]]] = {}
    for place, each in enumerate(examinations):
        for group in groups(each):
            key = group.rule.id, group.program if group.program in shared else None
            found.setdefault(key, {}).setdefault(place, []).append(group)
    return found


def _unjudged(examinations: Sequence[Examination]) -> list[tuple[str, None]]:
    return [(rule, None) for each in examinations for one in each.unjudged for rule in one.rules]


def _on_side(
    side: Side, examinations: Sequence[Examination], found: Keyed, rule: str, program: str | None
) -> OnSide:
    places = found.get((rule, program), {})
    reasons = [
        side.named(member, one.because)
        for member, each in zip(side.members, examinations, strict=True)
        for one in each.unjudged
        if rule in one.rules
    ]
    firsts = [made[0] for made in places.values()]
    return OnSide(
        recordings=len(side.members),
        findings=tuple(group.findings[0] for group in firsts),
        times_ns=tuple(
            sum(each.time_ns for group in made for each in group.findings)
            for made in places.values()
        ),
        sentence=firsts[0].sentence if firsts else None,
        unjudged=reasons[0] if reasons else None,
    )


def _held_together(rule: Rule, program: str | None, a: OnSide, b: OnSide) -> FoundOnce:
    return FoundOnce(rule, program, a, b, _change(a, b))


def _change(a: OnSide, b: OnSide) -> Change:
    if a.unjudged or b.unjudged:
        return Change.UNJUDGED
    of_a, of_b = len(a.findings), len(b.findings)
    if of_a == a.recordings and of_b == b.recordings:
        return Change.BOTH
    if not of_a and of_b == b.recordings:
        return Change.CAME
    return Change.WENT if not of_b and of_a == a.recordings else Change.SOME


def _longest(found: FoundOnce) -> int:
    return max((*found.a.times_ns, *found.b.times_ns), default=0)
