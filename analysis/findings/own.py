"""Rules from a user's own file, added to the built-in ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from analysis.findings.parts import Parts
from analysis.findings.registry import RULES
from analysis.findings.rule import Facts, Finding, Rule
from analysis.own_code import read_tuple
from analysis.verdicts.failures import described
from analysis.windows.window import Window
from tracer.shared.errors import UsageError
from tracer.shared.message import message

TEXTS: Final = ("id", "title", "why", "change")


def load_rules(
    path: Path, others: Sequence[Rule] = RULES, *, trusted: bool = False
) -> tuple[Rule, ...]:
    """Return the rules of the Python file ``path``: its tuple ``RULES``.

    UsageError: as for ``read_tuple``; or one is no Rule, lacks a text, or has the id of another (in
    the file, or in ``others``). A later error in a rule's own code is a UsageError too.
    """
    found = read_tuple(
        path,
        "RULES",
        message("custom findings are a Python file with a tuple RULES"),
        message("needed a tuple of rules"),
        trusted=trusted,
    )
    known = {rule.id for rule in others}
    kept: list[Rule] = []
    for number, each in enumerate(found, start=1):
        rule = _checked(each, number, path)
        if rule.id in known:
            raise UsageError(
                message("{path}: rule id {id} is already taken; choose another",
                        path=path, id=rule.id)
            )  # fmt: skip
        known.add(rule.id)
        kept.append(_guarded(rule, path))
    return tuple(kept)


def _checked(each: Any, number: int, path: Path) -> Rule:
    if not isinstance(each, Rule):
        raise UsageError(
            message("{path}: number {number} of RULES is {what!r}; needed a Rule",
                    path=path, number=number, what=each)
        )  # fmt: skip
    for name in TEXTS:
        text = getattr(each, name)
        if not isinstance(text, str) or not text:
            raise UsageError(
                message("{path}: number {number} of RULES has no {name}; needed a text",
                        path=path, number=number, name=name)
            )  # fmt: skip
    return each


def _guarded(rule: Rule, path: Path) -> Rule:
    """Return ``rule``, which says where in ``path`` it failed if it does."""

    def failed(error: Exception) -> UsageError:
        return UsageError(
            message("{path}: the rule {id} failed: {why}",
                    path=path, id=rule.id, why=described(error, path))
        )  # fmt: skip

    def gather(window: Window) -> Parts:
        try:
            found = rule.gather(window)
        except Exception as error:
            raise failed(error) from error
        if not isinstance(found, Parts):
            raise failed(TypeError(f"gather returned {found!r}; needed Parts"))
        return found

    def judge(parts: Parts, facts: Facts) -> Iterator[Finding]:
        try:
            found = list(rule.judge(parts, facts))
        except Exception as error:
            raise failed(error) from error
        for each in found:
            if not isinstance(each, Finding) or each.rule != rule.id:
                raise failed(TypeError(f"judge gave {each!r}; needed a Finding of {rule.id}"))
        yield from found

    return replace(rule, gather=gather, judge=judge)
