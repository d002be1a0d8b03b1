"""Manual pages, made of the parsers when a wheel is built: ``tracer(1)``, ``tracer-record(1)`` …"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Final

from argparse_manpage.manpage import Manpage  # only builds have it

from tracer.shared.version import VERSION

_TITLE: Final = "tracer's manual"


def pages(parser: argparse.ArgumentParser) -> dict[str, str]:
    """Return file name → roff source: a page for ``parser`` and one for each of its commands.

    The parser is changed: what a page shows line by line is removed from it.
    """
    commands = dict(_commands(parser))
    made = {f"{_name(each)}.1": _page(each, about) for each, about in commands.items()}
    return {f"{parser.prog}.1": _overview(parser, commands), **made}


def _commands(
    parser: argparse.ArgumentParser,
) -> Iterator[tuple[argparse.ArgumentParser, str]]:
    """Yield each command's parser and its one-line help."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            helps = {each.dest: each.help or "" for each in action._choices_actions}
            yield from ((each, helps.get(name, "")) for name, each in action.choices.items())


def _name(parser: argparse.ArgumentParser) -> str:
    return parser.prog.replace(" ", "-")


def _overview(parser: argparse.ArgumentParser, commands: dict[argparse.ArgumentParser, str]) -> str:
    listed = "\n".join(
        f".TP\n.BR {_escaped(_name(each))} (1)\n{_escaped(about)}"
        for each, about in commands.items()
    )
    parser._actions = [
        each for each in parser._actions if not isinstance(each, argparse._SubParsersAction)
    ]
    for group in parser._action_groups:
        group._group_actions = [each for each in group._group_actions if each in parser._actions]
    page = _manpage(parser, parser.description or "", f"{parser.prog} COMMAND ...")
    page.add_section("commands", "=", listed)
    return str(page)


def _page(parser: argparse.ArgumentParser, about: str) -> str:
    return str(_manpage(parser, about, parser.format_usage().partition(": ")[2]))


def _manpage(parser: argparse.ArgumentParser, about: str, synopsis: str) -> Manpage:
    examples, parser.epilog = parser.epilog, None
    lists = [each for each in parser._action_groups if each.description and not each._group_actions]
    parser._action_groups = [each for each in parser._action_groups if each not in lists]
    page = Manpage(parser)
    page.prog = _name(parser)
    page.source, page.manual, page.description = f"tracer {VERSION}", _TITLE, about.rstrip(".")
    page.add_section("synopsis", "=", _lines(synopsis))
    for group in lists:
        page.add_section(group.title or "", "=", _lines(group.description or ""))
    if examples:
        page.add_section("notes", "=", _lines(examples))
    return page


def _lines(text: str) -> str:
    """Return ``text`` as unfilled roff: line by line."""
    return f".nf\n{_escaped(text.strip())}\n.fi"


def _escaped(text: str) -> str:
    plain = text.replace("\\", "\\\\").replace("-", "\\-")
    return "\n".join(f"\\&{line}" if line[:1] in (".", "'") else line for line in plain.split("\n"))
