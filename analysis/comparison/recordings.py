"""How two recordings were made: what differs, and how that affects the numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from analysis.comparison.compare import Comparison
from analysis.comparison.sides import Side
from analysis.recorded import WHERE, circumstances
from analysis.terminal.tables import table
from analysis.trace.commandline import command_line, phases_of
from analysis.trace.coverage import absences
from analysis.windows.recording import Recording
from tracer.shared.message import joined, localized, message
from tracer.shared.visible import visible

ALWAYS: Final = ("losses", "misses", "state")
"""Shown for both recordings even if it is the same."""

PROBES: Final = (message("detail"), message("loader"), message("hooks attached"))
"""Circumstances that change the cost of the probes, and so all times."""

LONGEST: Final = 60
"""How many characters of a command's argument are shown: a spec is long."""

CONTEXT: Final = 20
"""How many of them precede the first that differs."""


def titles(found: Comparison) -> str:
    """Return which traces are A and which are B."""
    return "\n".join(
        _title(name, member.recording)
        for name, side in zip("AB", (found.a, found.b), strict=True)
        for member in side.members
    )


def _title(name: str, trace: Recording) -> str:
    manifest = trace.manifest
    where = localized(WHERE.get(manifest.where, manifest.where))
    kernel = f"{manifest.release} ({where})"
    return f"{name}  {visible(f'{trace.path.name}: {kernel}, {manifest.started_at}')}"


def circumstances_of(side: Side) -> dict[str, str]:
    """Return how ``side`` was recorded; if its recordings differ, all variants."""
    each = [circumstances(one.recording, one.counted.totals) for one in side.members]
    return {
        what: joined(" / ", dict.fromkeys(one[what] for one in each if what in one))
        for what in dict.fromkeys(what for one in each for what in one)
    }


def recordings(found: Comparison, everything: bool, width: int) -> str:
    """Return a table of what differs; with ``everything``, of all."""
    rows = circumstance_rows(found, everything)
    return table([message("recorded"), "A", "B"], rows, width, words=3)


def circumstance_rows(
    found: Comparison, everything: bool = False
) -> list[tuple[str, str | None, str | None]]:
    """Return what differs in how A and B were recorded; with ``everything``, all."""
    a, b = circumstances_of(found.a), circumstances_of(found.b)
    return [
        (what, *_apart(found, what, a.get(what), b.get(what)))
        for what in dict.fromkeys([*a, *b])
        if everything or what in ALWAYS or a.get(what) != b.get(what)
    ]


def _apart(
    found: Comparison, what: str, a: str | None, b: str | None
) -> tuple[str | None, str | None]:
    """Return the parts of two circumstances to show: for commands, the arguments that differ."""
    if what != "command":
        return a, b
    commands = found.a.recording.manifest.command, found.b.recording.manifest.command
    if any(map(phases_of, commands)):
        return _cut_pair(command_line(commands[0]), command_line(commands[1]))
    if len(commands[0]) != len(commands[1]) or commands[0] == commands[1]:
        return _cut(str(a), 0), _cut(str(b), 0)
    pairs = [_cut_pair(*pair) for pair in zip(*commands, strict=True) if pair[0] != pair[1]]
    return " ".join(pair[0] for pair in pairs), " ".join(pair[1] for pair in pairs)


def _cut_pair(a: str, b: str) -> tuple[str, str]:
    differ = next((n for n, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), 0)
    start = max(0, differ - CONTEXT) if max(len(a), len(b)) > LONGEST else 0
    return _cut(a, start), _cut(b, start)


def _cut(text: str, start: int) -> str:
    end = start + LONGEST
    return f"{'…' if start else ''}{text[start:end]}{'…' if len(text) > end else ''}"


def hooks(a: Recording, b: Recording) -> Iterator[str]:
    """Return which hooks only one has, why the other lacks them, and which differ in place."""
    lines = [
        localized(
            message("In {present}, not in {absent}: {why}", present=present, absent=absent, why=why)
        )
        for present, absent, why in _one_sided(a, b)
    ]
    places = [
        f"{row.attached} | {other.attached}"
        for row in a.manifest.plan
        if (other := b.manifest.row(row.hook))
        and None not in (row.attached, other.attached)
        and row.attached != other.attached
    ]
    if places:
        attached = ", ".join(dict.fromkeys(places))
        lines.append(localized(message("Attached elsewhere (A | B): {places}", places=attached)))
    if lines:
        yield "\n".join(lines)


def _one_sided(a: Recording, b: Recording) -> Iterator[tuple[str, str, str]]:
    for present, trace, absent, other in (("A", a, "B", b), ("B", b, "A", a)):
        attached = {row.hook for row in trace.manifest.plan if row.attached}
        rows = [row for row in other.manifest.plan if row.hook in attached and not row.attached]
        for why in absences(rows):
            yield present, absent, why


def cautions(found: Comparison) -> Iterator[str]:
    """Return what evidence was lost, and how reliable the times are."""
    lost = dict.fromkeys(doubt for row in found.rows for doubt in row.a.doubts)
    yield from _doubts("A", found.a.doubts, lost)
    lost = dict.fromkeys(doubt for row in found.rows for doubt in row.b.doubts)
    yield from _doubts("B", found.b.doubts, lost)
    if found.times_refused:
        yield localized(message("Times are not compared: {why}.", why=found.times_refused))
        return
    a, b = circumstances_of(found.a), circumstances_of(found.b)
    differ = [what for what in PROBES if a[what] != b[what]]
    if differ:
        yield localized(
            message(
                "Times include the cost of the probes, and the probes differ: {what}.",
                what=joined(", ", differ),
            )
        )


def _doubts(name: str, of_all: Sequence[str], of_rows: Iterable[str]) -> Iterator[str]:
    if of_all:
        title = message("Doubts about {name}; nothing is judged:", name=name)
        yield "\n  ".join(map(localized, [title, *of_all]))
    of_some = [doubt for doubt in of_rows if doubt not in of_all]
    if of_some:
        title = message("Doubts about some metrics of {name}:", name=name)
        yield "\n  ".join(map(localized, [title, *of_some]))
