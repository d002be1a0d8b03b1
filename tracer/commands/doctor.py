"""``tracer doctor``: what a kernel allows, and what becomes of each hook."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any, Final

from tracer.bpf.catalogue import hooks, named
from tracer.commands.outputs import add_force, check_outputs
from tracer.doctor import facts, labfacts
from tracer.guest.outside import doctor_in_lab
from tracer.lab import kernels
from tracer.shared.files import write_text
from tracer.shared.message import localized, localized_line, message
from tracer.shared.output import to_stderr
from tracer.shared.visible import visible
from tracer.shared.wrapping import padded

_EXAMPLES = """\
examples:
  sudo tracer doctor                    this kernel and this machine
  tracer doctor --kernel 6.1            a stock kernel in the lab
  tracer doctor --kernel 6.1 --hook do_poll --hook ep_poll
"""

NAME: Final = 17
HOOK: Final = 28
"""Cells of the column of facts' names, and of hooks' names."""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``doctor``."""
    parser = subparsers.add_parser(
        "doctor",
        help="show what this kernel allows and what to do about what it doesn't",
        description="Try what this kernel allows: program types, then every hook of the "
        "catalogue. Nothing is guessed from its version.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--kernel", metavar="K", help="examine a kernel of the lab instead")
    parser.add_argument(
        "--hook", action="append", default=[], metavar="NAME", help="show only these hooks"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the answer as JSON too")
    add_force(parser)
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    check_outputs(args, args.json)
    wanted = {hook.name for hook in named(args.hook, hooks())} if args.hook else None
    if args.kernel:
        answer = doctor_in_lab(kernels.fetch(args.kernel, to_stderr), progress=to_stderr)
    else:
        answer = facts.gather()
        answer["facts"] += [fact._asdict() for fact in labfacts.lab_facts()]
    if args.json:
        write_text(args.json, json.dumps(answer, indent=1) + "\n", force=args.force)
    _print(answer, wanted)
    return 1 if answer["error"] else 0


def _print(answer: dict[str, Any], wanted: set[str] | None) -> None:
    from analysis import colour

    coloured = colour.wanted()
    release, machine = answer["kernel"]["release"], answer["kernel"]["machine"]
    print(
        localized(message("kernel {release} ({machine})", release=release, machine=machine)) + "\n"
    )
    for fact in answer["facts"]:
        mark = colour.paint("ok" if fact["ok"] else "--", coloured)
        name = padded(localized_line(fact["name"]), NAME)
        print(f"  {mark}  {name} {localized_line(fact['found'])}")
        if fact["remedy"]:
            print(f"      {'':<{NAME}} → {localized_line(fact['remedy'])}")
    if answer["error"]:
        print("\n" + localized(message("nothing can be attached: {why}", why=answer["error"])))
        return
    rows = [row for row in answer["hooks"] if wanted is None or row["hook"] in wanted]
    attached = sum(row["attached"] is not None for row in rows)
    told = message("hooks: {attached} of {all} attached", attached=attached, all=len(rows))
    print("\n" + localized(told))
    for row in rows:
        _print_hook(row, colour.paint("--", coloured))


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
        _print_below(message("not believed for: {columns}", columns=", ".join(row["silent"])))


def _print_below(text: str) -> None:
    print(f"  {'':<{HOOK}}   {localized(text)}")
