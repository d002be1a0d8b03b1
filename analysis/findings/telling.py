"""Findings for a terminal: the most important ones in three lines, then all, with advice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from analysis.findings.examine import Examination
from analysis.findings.rule import Finding, Rule
from analysis.windows.recording import Recording
from tracer.shared.message import joined, localized, message, message_n
from tracer.shared.wrapping import wrapped

FIRST: Final = 3
"""How many findings a report begins with."""
INDENT: Final = "  "


@dataclass(frozen=True)
class Group:
    """What one rule found in the processes of one program, longest first."""

    rule: Rule
    program: str
    findings: tuple[Finding, ...]

    @property
    def sentence(self) -> str:
        """The first finding, what is behind its fd, and how many more processes have it."""
        first = self.findings[0]
        more = len({each.pid for each in self.findings} - {first.pid})
        text = message(
            "{program} ({pid}): {text}", program=self.program, pid=first.pid, text=first.text
        )
        if first.fd_name is not None:
            name = first.fd_name
            text = message("{text}; fd {fd} is {name}", text=text, fd=first.fd, name=name)
        if not more:
            return text
        return message_n(
            "{text}; the same holds for {count:,} more process of it",
            "{text}; the same holds for {count:,} more processes of it",
            count=more,
            text=text,
        )


def groups(found: Examination) -> list[Group]:
    """Return the findings by rule and program, those that took longest in total first."""
    by_key: dict[tuple[str, str], list[Finding]] = {}
    for each in found.findings:
        by_key.setdefault((each.rule, found.facts.program(each.pid)), []).append(each)
    rules = {each.id: each for each in found.rules}
    made = [Group(rules[rule], name, tuple(each)) for (rule, name), each in by_key.items()]
    return sorted(made, key=lambda group: -sum(each.time_ns for each in group.findings))


def summary_lines(found: Examination) -> list[str]:
    """Return how a report begins: the first findings, or that there are none."""
    if not found.judged:
        reason = found.unjudged[0].because if found.unjudged else message("no rules")
        return [message("What is wrong could not be judged: {why}", why=reason)]
    made = groups(found)
    if not made:
        return [
            message_n(
                "Nothing wrong was found; {count} rule was judged.",
                "Nothing wrong was found; {count} rules were judged.",
                count=len(found.judged),
            )
        ]
    lines: list[str] = [group.sentence for group in made[:FIRST]]
    if len(made) > FIRST:
        lines.append(message("{count} more findings are listed below", count=len(made) - FIRST))
    return lines


def section(found: Examination, trace: Recording, width: int) -> Iterator[str]:
    """Yield the lines of the section on findings of ``trace``."""
    for group in groups(found):
        yield from _group(group, trace, width)
    if found.unjudged:
        yield _line(not_judged(found), width)


def not_judged(found: Examination) -> str:
    """Return in one line which rules could not be judged, and why."""
    reasons = [
        message("{rules} ({why})", rules=", ".join(each.rules), why=each.because)
        for each in found.unjudged
    ]
    return message("Not judged: {what}", what=joined("; ", reasons))


def _group(group: Group, trace: Recording, width: int) -> Iterator[str]:
    rule = group.rule
    title = localized(message("{title} [{rule}]", title=rule.title, rule=rule.id))
    yield wrapped(title, width, INDENT)
    lines = [group.sentence, *advice(group, trace)]
    yield from (_line(line, width, INDENT) for line in lines)


def advice(group: Group, trace: Recording) -> list[str]:
    """Return why it matters, what to change, where to read more, and how to see one call."""
    rule = group.rule
    return [
        message("Why it matters: {why}", why=rule.why),
        message("What to change: {change}", change=rule.change),
        message("Read more: {pages}", pages=", ".join(rule.read)),
        *_command(group.findings, trace),
    ]


def _command(findings: Sequence[Finding], trace: Recording) -> Iterator[str]:
    """Yield how to see one of the calls; a trace at detail calls has no steps to show."""
    place = findings[0].instance
    if place is None:
        return
    yield how_to_see(f"{place.tid}:{place.seq}", trace)


def how_to_see(call: str, trace: Recording) -> str:
    """Return how to see ``call`` (TID:SEQ) of ``trace``."""
    if trace.manifest.detail == "steps":
        return message(
            "Example: tracer explain {trace} --call {call}", trace=trace.path.name, call=call
        )
    return message(
        "Example: call {call}; tracer explain shows its timeline in a recording with --detail "
        "steps",
        call=call,
    )


def _line(text: str, width: int, indent: str = "") -> str:
    return wrapped(indent + localized(text), width, indent + INDENT)
