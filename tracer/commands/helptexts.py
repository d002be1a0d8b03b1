"""The help of ``tracer`` in the language in use: its own texts, and those that argparse adds."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from typing import Any, Final

from tracer.shared.errors import UsageError, unknown_name
from tracer.shared.message import LANGUAGES, language_of, localized, message, message_n
from tracer.shared.wrapping import wrapped

OPTION: Final = "--lang"
OWN_WORDS: Final = (
    message("usage: "),
    message("positional arguments"),
    message("options"),
    message("show this help message and exit"),
    message("show program's version number and exit"),
    message("%(prog)s: error: %(message)s\n"),
    message("argument %(argument_name)s: %(message)s"),
    message("unrecognized arguments: %s"),
    message("the following arguments are required: %s"),
    message("expected one argument"),
    message("expected at least one argument"),
    message_n("expected %s argument", "expected %s arguments", count=2),
    message("invalid %(type)s value: %(value)r"),
    message("invalid choice: %(value)r (choose from %(choices)s)"),
    message("unknown parser %(parser_name)r (choices: %(choices)s)"),
    message("ambiguous option: %(option)s could match %(matches)s"),
    message("ignored explicit argument %r"),
)
"""argparse's own texts, as in the sources of Python 3.11 to 3.13 (Lib/argparse.py)."""


class _Formatter(argparse.RawDescriptionHelpFormatter):
    """Wraps by cells: a Chinese text has no spaces to wrap at."""

    def _split_lines(self, text: str, width: int) -> list[str]:
        return wrapped(" ".join(text.split()), width).split("\n")


def speak() -> None:
    """Make argparse look up its own texts in our catalogue, not in the system's."""
    setattr(argparse, "_", localized)  # noqa: B010 - argparse has this name from gettext
    setattr(argparse, "ngettext", _of_two)  # noqa: B010


def _of_two(one: str, many: str, count: int) -> str:
    return localized(message_n(one, many, count=count))


def split_language(arguments: Sequence[str]) -> tuple[str | None, list[str]]:
    """Return the language of the last ``--lang`` (None without it) and the other arguments.

    It may come before or after the command; what follows ``--`` is not ours. UsageError: there is
    no such language, or none is named.
    """
    own = list(arguments)
    after = own[own.index("--") :] if "--" in own else []
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    parser.add_argument(OPTION)
    try:
        found, rest = parser.parse_known_args(own[: len(own) - len(after)])
    except argparse.ArgumentError as error:
        raise UsageError(str(error)) from error
    if found.lang is None:
        return None, [*rest, *after]
    language = language_of(found.lang)
    if language is None:
        raise unknown_name("language", found.lang, LANGUAGES)
    return language, [*rest, *after]


def translate(parser: argparse.ArgumentParser) -> None:
    """Put every text of ``parser`` and of its subcommands into the language in use."""
    for each in _with_subparsers(parser):
        each.add_argument(
            OPTION,
            metavar="LANGUAGE",
            help=message(
                "language of all texts, one of {languages} (default: from the locale)",
                languages=", ".join(LANGUAGES),
            ),
        )
        each.formatter_class = _Formatter
        each.description, each.epilog = _localized(each.description), _localized(each.epilog)
        for action in _actions(each):
            action.help = _localized(action.help)
        for group in each._action_groups:
            group.title = _localized(group.title)
            group.description = _localized(group.description)


def _localized(text: str | None) -> str | None:
    return localized(text) if text and text != argparse.SUPPRESS else text


def _with_subparsers(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    yield parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for each in action.choices.values():
                yield from _with_subparsers(each)


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action | Any]:
    for action in parser._actions:
        yield action
        if isinstance(action, argparse._SubParsersAction):
            yield from action._choices_actions
