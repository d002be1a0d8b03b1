"""``tracer glossary``: what the words of reports mean."""

from __future__ import annotations

import argparse
import textwrap
from typing import Final

from tracer.commands.parser import Commands, add_command
from tracer.shared.errors import unknown_name
from tracer.shared.message import localized, message
from tracer.shared.wrapping import wrapped

_WIDTH: Final = 92

_EXAMPLES = """\
examples:
  tracer glossary                        all terms
  tracer glossary ready list             what a ready list is
  tracer --lang zh_CN glossary epoll     the terms containing "epoll", in Chinese
"""


def add_parser(subparsers: Commands) -> None:
    """Add ``glossary``."""
    parser = add_command(
        subparsers,
        "glossary",
        description="Explain the terms used in reports, with the kernel symbols they stand for.",
        epilog=_EXAMPLES,
    )
    parser.add_argument("words", metavar="WORD", nargs="*", help="only terms containing WORD")
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    from analysis.glossary.terms import TERMS

    wanted = " ".join(args.words).lower()
    found = [
        term
        for term in TERMS
        if wanted in term.word.lower() or wanted in localized(term.word).lower()
    ]
    if not found:
        raise unknown_name(message("word"), wanted, [term.word for term in TERMS])
    for term in found:
        print(localized(term.word) + (f"    {term.symbol}" if term.symbol else ""))
        print(textwrap.indent(wrapped(localized(term.meaning), _WIDTH), "    "))
    return 0
