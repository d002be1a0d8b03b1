"""``tracer doctor``: what a kernel allows, and where each hook is attached."""

from __future__ import annotations

import argparse
import json
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from tracer.commands.outputs import add_force, check_outputs
from tracer.commands.parser import Commands, add_command
from tracer.doctor import facts, judgement, labfacts
from tracer.guest.outside import doctor_in_lab
from tracer.lab import kernels
from tracer.shared.catalogue import hooks, named
from tracer.shared.errors import TracerError
from tracer.shared.files import write_text
from tracer.shared.message import joined, localized, localized_line, message, message_n
from tracer.shared.output import to_stderr
from tracer.shared.visible import visible
from tracer.shared.wrapping import padded, wrapped

_EXAMPLES = """\
examples:
  sudo tracer doctor                    this kernel and this machine
  tracer doctor -v                      how it knows, and where each hook is attached
  tracer doctor --kernel 6.1            a stock kernel in the lab
  tracer doctor --kernel 6.1 --hook do_poll --hook ep_poll
"""

NAME: Final = 17
HOOK: Final = 28
"""Cells of the column of facts' names, and of hooks' names."""
INDENT: Final = 6


def add_parser(subparsers: Commands) -> None:
    """Add ``doctor``."""
    parser = add_command(
        subparsers,
        "doctor",
        description="Try what this kernel allows: program types, then every hook in the "
        "catalogue. Nothing is guessed from the version.",
        epilog=_EXAMPLES,
    )
    parser.add_argument("--kernel", metavar="K", help="examine a kernel of the lab instead")
    parser.add_argument(
        "--hook", action="append", default=[], metavar="NAME", help="show only these hooks"
    )
    parser.add_argument(
        "-v",
        "--verbose",
        action="store_true",
        help="show every fact, and where each hook is attached",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the answer as JSON")
    add_force(parser)
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    check_outputs(args, args.json)
    wanted = {hook.name for hook in named(args.hook, hooks())} if args.hook else None
    if args.kernel:
        answer = doctor_in_lab(kernels.fetch(args.kernel, to_stderr), progress=to_stderr)
        lines = (judgement.kernel_line(answer), judgement.missing_line(answer))
    else:
        answer = facts.gather()
        of_lab = _lab_facts()
        answer["facts"] += of_lab
        lines = (judgement.kernel_line(answer), judgement.lab_line(of_lab))
    if args.json:
        write_text(args.json, json.dumps(answer, indent=1) + "\n", force=args.force)
    for line in lines:
        print(localized(line))
    if args.verbose or wanted:
        _print(answer, wanted)
    return 1 if answer["error"] else 0


def _lab_facts() -> list[dict[str, Any]]:
    try:
        return [fact._asdict() for fact in labfacts.lab_facts()]
    except TracerError as error:  # a machine without a lab still has a kernel
        return [facts.Fact("QEMU", False, str(error), "")._asdict()]


def _print(answer: dict[str, Any], wanted: set[str] | None) -> None:
    """Print every fact and hook; of ``wanted`` hooks, only these."""
    from analysis.terminal import colour

    coloured = colour.wanted()
    print()
    if wanted is None:
        _print_facts(answer["facts"], coloured)
    absent = colour.paint("--", coloured)
    if wanted is not None:
        for row in answer["hooks"]:
            if row["hook"] in wanted:
                _print_hook(row, absent)
        return
    attached = [row for row in answer["hooks"] if row["attached"] is not None]
    for row in attached:
        _print_hook(row, absent)
    for rows in _alike(row for row in answer["hooks"] if row["attached"] is None):
        _print_absent(rows, absent)


def _print_facts(rows: Sequence[dict[str, Any]], coloured: bool) -> None:
    from analysis.terminal import colour

    for fact in rows:
        mark = colour.paint("ok" if fact["ok"] else "--", coloured)
        name = padded(localized_line(fact["name"]), NAME)
        print(f"  {mark}  {name} {localized_line(fact['found'])}")
        if fact["remedy"]:
            print(f"      {'':<{NAME}} → {localized_line(fact['remedy'])}")
    print()


def _alike(rows: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Yield ``rows`` in groups that have the same causes."""
    groups: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault(_causes(row), []).append(row)
    yield from groups.values()


def _causes(row: dict[str, Any]) -> tuple[str, ...]:
    """Return why attach points were refused, each cause once, for whichever functions."""
    return tuple(sorted({_cause(reason) for reason in (row["reason"] or "").split("; ")}))


def _cause(reason: str) -> str:
    point, _, why = reason.partition(": ")
    symbol = point.partition(":")[2]
    return why.replace(symbol, "…") if symbol else reason


def _print_absent(rows: Sequence[dict[str, Any]], absent: str) -> None:
    """Print hooks that are not attached for the same causes: the causes, then the names."""
    title = message_n(
        "{count} hook is not attached:", "{count} hooks are not attached:", count=len(rows)
    )
    print(f"\n  {absent}  {localized(title)}")
    for cause in filter(None, _causes(rows[0])):
        _print_indented(message("because: {cause}", cause=cause))
    _print_indented(joined(", ", [row["hook"] for row in rows]))
    if lost := sorted({feed for row in rows for feed in row["feeds"]}):
        _print_indented(message("so these numbers are missing: {columns}", columns=", ".join(lost)))


def _print_indented(text: str) -> None:
    from analysis.terminal.tables import terminal_width

    print(textwrap.indent(wrapped(localized(text), terminal_width() - INDENT), " " * INDENT))


def _print_hook(row: dict[str, Any], absent: str) -> None:
    stands = ""
    if row["stands_for"]:
        stands = localized(message("  (for {hook}, inlined here)", hook=row["stands_for"]))
    attached = visible(row["attached"]) if row["attached"] else absent
    print(f"  {visible(row['hook']):<{HOOK}} {attached}{stands}")
    if row["reason"]:
        for reason in row["reason"].split("; "):
            _print_below(message("not {reason}", reason=reason))
    if row["attached"] is None and row["feeds"]:
        _print_below(message("missing with it: {columns}", columns=", ".join(row["feeds"])))
    elif row["silent"]:
        _print_below(message("not trusted for: {columns}", columns=", ".join(row["silent"])))


def _print_below(text: str) -> None:
    print(f"  {'':<{HOOK}}   {localized(text)}")
