"""The parser of ``tracer`` and its commands; for unknown words it suggests the nearest.

argparse would answer an unknown option of a command with the usage of the whole program.
"""

from __future__ import annotations

import argparse
import difflib
from collections.abc import Iterable, Sequence
from typing import Any, NoReturn, TypeAlias

from tracer.commands.summaries import SUMMARIES
from tracer.shared.message import localized, message
from tracer.shared.visible import visible

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
"""The object to which commands' parsers are added."""


class Parser(argparse.ArgumentParser):
    """A parser that itself refuses leftover arguments, with its own usage."""

    def error(self, message: str) -> NoReturn:
        """Print the usage and ``message``, made visible since it quotes the command line."""
        super().error(visible(message))

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: Any = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Parse, and refuse what is unknown."""
        found, rest = super().parse_known_args(args, namespace)
        if rest:
            self.error(self._unknown(rest))
        return found, []

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        """Refuse a value that is not among an argument's choices, commands included."""
        try:
            super()._check_value(action, value)
        except argparse.ArgumentError as error:
            near = _nearest(str(value), map(str, action.choices or ()))
            raise argparse.ArgumentError(action, f"{error.message}{near}") from None

    def _unknown(self, rest: Sequence[str]) -> str:
        error = localized("unrecognized arguments: %s") % " ".join(rest)
        known = (name for action in self._actions for name in action.option_strings)
        return f"{error}{_nearest(rest[0].partition('=')[0], known)}"


def add_command(
    subparsers: Commands, name: str, *, description: str, epilog: str, usage: str | None = None
) -> argparse.ArgumentParser:
    """Add the command ``name`` to ``subparsers``; its summary is in tracer.commands.summaries."""
    return subparsers.add_parser(
        name,
        help=SUMMARIES[name],
        usage=usage,
        description=description,
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def _nearest(word: str, known: Iterable[str]) -> str:
    """Return a hint at choices near ``word``; empty if there are none."""
    near = difflib.get_close_matches(word, list(known), n=3, cutoff=0.5)
    return f"; {localized(message('nearest: {names}', names=', '.join(near)))}" if near else ""
