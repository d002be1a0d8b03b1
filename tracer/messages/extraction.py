"""Finds the texts for people in our Python files: what the catalogue of a language must have.

A message is a literal (or a choice between literals, or the name of a module's literal)

- that is the first argument of ``message``, ``localized``, ``_``, of a verdict, an error, or
  progress; the first two of ``message_n``; the first of ``joined``, which is a separator;
- in ``help=``, ``description=``, ``epilog=``; ``claim(statement=, otherwise=, section=)``;
  ``Answers(supported=, corrected=, refuted=)``;
  ``Evidence(metric, …, unit)``; ``Picture(title=, shows=)``; ``Fact(name, …, found, remedy)``;
- that a module calls ``_EXAMPLES``, or that is a member of a ``StrEnum``.

It is a method of Babel's, for ``extract_from_dir``. Docstrings are no messages, nor are f-strings,
whose text no catalogue can know, nor white space alone. Babel's own method does not suffice: it
knows arguments only by position, and given all these functions it finds 1,274 of 1,636 texts, but
no keyword arguments, choices between literals, constants, or members of enums.
"""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Collection, Iterator, Mapping
from typing import IO, Final

Message = str | tuple[str, str]
"""A message; for a text with two forms, the singular and the plural."""

FIRST: Final = (
    "message",
    "localized",
    "_",
    "joined",
    "supported",
    "corrected",
    "refuted",
    "undecided",
    "progress",
    "unknown_name",
    "add_argument_group",
    "to_stderr",
)
"""Functions whose first argument is a message."""

ERRORS: Final = ("Error", "Undecided")
"""How the names of exceptions end; the first argument of one is a message."""

EVERYWHERE: Final = ("help", "description", "epilog")
"""Keywords that are messages in any call."""

KEYWORDS: Final[Mapping[str, Collection[str]]] = {
    "Answers": ("supported", "corrected", "refuted"),
    "claim": ("statement", "otherwise", "section"),
    "Claim": ("statement", "otherwise", "section"),
    "Evidence": ("metric", "unit"),
    "Picture": ("title", "shows"),
}
PLACES: Final[Mapping[str, Collection[int]]] = {
    "Evidence": (0, 2),
    "Picture": (0, 1),
    "Fact": (0, 2, 3),
}
"""Arguments that are messages, by keyword and by position."""

CONSTANT: Final = "_EXAMPLES"


def python_messages(
    fileobj: IO[bytes],
    _keywords: object,
    _comment_tags: object,
    options: object,
) -> Iterator[tuple[int, str, Message, list[str]]]:
    """Yield line, function, message and no comments, in the form of babel.messages.extract."""
    for line, message in messages_of(fileobj.read().decode()):
        yield line, "ngettext" if isinstance(message, tuple) else "gettext", message, []


def hook_messages(
    fileobj: IO[bytes],
    _keywords: object,
    _comment_tags: object,
    options: object,
) -> Iterator[tuple[int, str, Message, list[str]]]:
    """Yield the texts of the catalogue of hooks, in the form of babel.messages.extract."""
    for hook in tomllib.load(fileobj)["hook"]:
        if "tells" in hook:
            yield 0, "gettext", hook["tells"], []


def messages_of(source: str) -> list[tuple[int, Message]]:
    """Return the messages of a Python file, each with its line, in order of appearance."""
    return messages_in(ast.parse(source))


def messages_in(tree: ast.Module) -> list[tuple[int, Message]]:
    """Return the messages of a file whose syntax is ``tree``."""
    constants = dict(_constants(tree))
    found = [
        (node.lineno, message)
        for node in ast.walk(tree)
        if isinstance(node, (ast.Call, ast.ClassDef))
        for message in _messages(node, constants)
        if isinstance(message, tuple) or message.strip()
    ]
    found += [(tree.body[0].lineno, text) for text in _examples(constants)]
    return sorted(found, key=lambda each: each[0])


def _examples(constants: Mapping[str, ast.expr]) -> Iterator[str]:
    if CONSTANT in constants:
        yield from _literals(constants[CONSTANT], {})


def _constants(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    """Yield the names that the module assigns, each with its value."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            yield node.targets[0].id, node.value
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
            yield node.target.id, node.value


def _messages(
    node: ast.Call | ast.ClassDef, constants: Mapping[str, ast.expr]
) -> Iterator[Message]:
    if isinstance(node, ast.ClassDef):
        if any(_name(base) == "StrEnum" for base in node.bases):
            for member in node.body:
                if isinstance(member, ast.Assign):
                    yield from _literals(member.value, constants)
        return
    if _name(node.func) == "message_n":
        yield from _two_forms(node, constants)
    for argument in _arguments(node):
        yield from _literals(argument, constants)


def _two_forms(call: ast.Call, constants: Mapping[str, ast.expr]) -> Iterator[Message]:
    ones, many = (list(_literals(each, constants)) for each in call.args[:2])
    yield from zip(ones, many, strict=True)


def _arguments(call: ast.Call) -> Iterator[ast.expr]:
    """Yield the arguments of ``call`` that are messages if they are literals."""
    name = _name(call.func)
    places = PLACES.get(name, (0,) if name in FIRST or name.endswith(ERRORS) else ())
    yield from (call.args[place] for place in places if place < len(call.args))
    keywords = (*EVERYWHERE, *KEYWORDS.get(name, ()))
    yield from (each.value for each in call.keywords if each.arg in keywords)


def _literals(node: ast.expr, constants: Mapping[str, ast.expr]) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _literals(node.body, constants)
        yield from _literals(node.orelse, constants)
    elif isinstance(node, ast.BoolOp):
        for value in node.values:
            yield from _literals(value, constants)
    elif isinstance(node, ast.Name) and node.id in constants:
        yield from _literals(constants[node.id], {})


def _name(node: ast.expr) -> str:
    """Return the last name of the called function: ``c`` of ``a.b.c(…)``."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
