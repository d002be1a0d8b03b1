from __future__ import annotations

import ast
import re
from functools import cache
from string import Formatter

import pytest

from tests.sources import READS_SOURCES, ROOT, parsed
from tracer.messages.extraction import messages_in, messages_of

pytestmark = READS_SOURCES


@cache
def sayings() -> list[tuple[str, ast.Call]]:
    """Return each call of ``message``, ``message_n`` and ``joined``, and its place."""
    return [
        (f"{path.relative_to(ROOT)}:{node.lineno}", node)
        for path, tree in parsed("analysis", "tracer")
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in ("message", "message_n", "joined")
    ]


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('message("a {b}", b="no")', ["a {b}"]),
        ('message.localized("a" " b")', ["a b"]),
        ('message_n("{count} a", "{count} as", count=2)', [("{count} a", "{count} as")]),
        ('joined("; ", ["no"])', ["; "]),
        ('message("a" if x else "b")', ["a", "b"]),
        ('raise UsageError("a") from error', ["a"]),
        ('Undecided(message("a"))', ["a"]),
        ('supported("a", [])', ["a"]),
        ('progress("a")', ["a"]),
        ('parser.add_argument_group("a")', ["a"]),
        ('add("--x", help="a", metavar="no", description="b")', ["a", "b"]),
        ('claim(id="no", section="a", statement="b", otherwise="c")', ["a", "b", "c"]),
        ('Evidence("a", 3, "b", "no")', ["a", "b"]),
        ('Evidence("a", value=3, unit="b")', ["a", "b"]),
        ('Picture(title="a", shows="b", rows=no)', ["a", "b"]),
        ('Fact("a", True, "b", "")', ["a", "b"]),
        ('TEXT = "a"\nlocalized(TEXT)', ["a"]),
        ('_EXAMPLES = "a"', ["a"]),
        ('class Outcome(StrEnum):\n    """no"""\n    A = "a"', ["a"]),
        ('x = "no"\ndef f():\n    """no"""\n    return message(f"no {x}")', []),
        ('print("no")', []),
        ('joined("\\n", no)', []),
    ],
)
def test_what_is_a_message(source: str, found: list[object]) -> None:
    assert [message for _, message in messages_of(source)] == found


def test_in_the_order_of_lines() -> None:
    found = messages_of('def f():\n    message("b")\n    message("c")\nmessage("d")\n')
    assert found == [(2, "b"), (3, "c"), (4, "d")]


def test_no_text_has_one_form_here_and_two_there() -> None:
    """gettext finds a text with two forms only by ``message_n``, not by its first form."""
    found = {
        message for _, tree in parsed("analysis", "tracer") for _, message in messages_in(tree)
    }
    assert [each[0] for each in found if isinstance(each, tuple) and each[0] in found] == []


def test_no_text_is_concatenated_before_it_becomes_a_message() -> None:
    """``message(f"…")`` or ``message("…" + x)``: no catalogue has the resulting text."""
    wrong = [
        place
        for place, node in sayings()
        if any(isinstance(each, (ast.JoinedStr, ast.BinOp)) for each in node.args)
    ]
    assert wrong == []


def test_each_text_is_given_the_values_that_it_names() -> None:
    """A value of another name would be an error when the text is made, which may be rare."""
    wrong = [
        f"{place}: {sorted(named ^ given)}"
        for place, node in sayings()
        if getattr(node.func, "id", "") != "joined"
        and all(each.arg for each in node.keywords)
        and (named := _named_in(node)) is not None
        and named - {"count"} != (given := {str(each.arg) for each in node.keywords} - {"count"})
    ]
    assert wrong == []


def _named_in(call: ast.Call) -> set[str] | None:
    """Return the names of the values in the texts of ``call``, None if it has no literal text."""
    texts = [each.value for each in call.args if isinstance(each, ast.Constant)]
    if not texts:
        return None
    fields = (name for text in texts for _, name, _, _ in Formatter().parse(str(text)) if name)
    return {re.split(r"[.\[]", name)[0] for name in fields}
