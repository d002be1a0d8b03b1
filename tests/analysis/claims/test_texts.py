"""The texts of our claims can be translated: none is concatenated, and each has its values."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

import analysis.claims
import analysis.verdicts

FILES = [
    path
    for package in (analysis.claims, analysis.verdicts)
    for path in sorted(Path(package.__file__ or "").parent.rglob("*.py"))
    if not path.stem.endswith("picture")
]
each_file = pytest.mark.parametrize(
    "path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}"
)

TEXTS = {
    "message": (0,),
    "message_n": (0, 1),
    "joined": (0,),
    "Evidence": (0, 2),
    "Undecided": (0,),
    "undecided": (0,),
    "supported": (0,),
    "corrected": (0,),
    "refuted": (0,),
}
"""Which arguments are texts for people, by function."""


def calls_in(source: str) -> Iterator[tuple[str, ast.Call]]:
    """Yield calls of functions that are called by their bare name, with the name."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield node.func.id, node


def texts_in(source: str) -> Iterator[ast.expr]:
    """Yield the arguments that should be texts for people."""
    for name, call in calls_in(source):
        yield from (call.args[place] for place in TEXTS.get(name, ()) if place < len(call.args))
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "finding":
            yield node.value


def pieced_together(source: str) -> list[str]:
    """Return the texts that no catalogue can know: f-strings, sums, "; ".join(…)."""
    return [
        ast.unparse(text)
        for text in texts_in(source)
        if isinstance(text, ast.JoinedStr | ast.BinOp)
        or (isinstance(text, ast.Call) and isinstance(text.func, ast.Attribute))
    ]


def wrong_values(source: str) -> list[tuple[int, set[str]]]:
    """Return where a text names a value that it is not given, or gets an unused one."""
    made = [(name, call) for name, call in calls_in(source) if name in ("message", "message_n")]
    found = ((call.lineno, named_in(call) ^ given_to(name, call)) for name, call in made)
    return [(line, names) for line, names in found if names]


def named_in(call: ast.Call) -> set[str]:
    templates = [str(each.value) for each in call.args if isinstance(each, ast.Constant)]
    return {name for each in templates for _, name, _, _ in Formatter().parse(each) if name}


def given_to(function: str, call: ast.Call) -> set[str]:
    """Return the keywords; if a mapping is unpacked, those named in the text are assumed."""
    keywords = {each.arg for each in call.keywords if each.arg}
    if any(each.arg is None for each in call.keywords):
        return keywords | named_in(call)
    return (
        keywords - {"count"} | (named_in(call) & {"count"}) if function == "message_n" else keywords
    )


@each_file
def test_no_text_is_concatenated(path: Path) -> None:
    assert pieced_together(path.read_text()) == []


@each_file
def test_each_text_has_the_values_that_it_names(path: Path) -> None:
    assert wrong_values(path.read_text()) == []


@pytest.mark.parametrize(
    "bad",
    [
        'Undecided(f"no call of {name}")',
        'Evidence(f"calls of {name}", 1, "calls")',
        'Evidence("calls", 1, "ns per " + name)',
        'supported("; ".join(parts), [])',
        'finding = f"{n} calls"',
        'message(f"{n} calls")',
    ],
)
def test_a_concatenated_text_is_found(bad: str) -> None:
    assert len(pieced_together(bad)) == 1


def test_a_missing_or_superfluous_value_is_found() -> None:
    assert wrong_values('message("{a} {b:,}", a=1, c=2)') == [(1, {"b", "c"})]
    assert wrong_values('message_n("{count} call", "{count} {what}", count=1)') == [(1, {"what"})]
    assert wrong_values('message("{a} {b}", a=1, **more)') == []
    assert wrong_values('message_n("one call", "{count} calls", count=n)') == []
