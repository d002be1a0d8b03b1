"""``tracer crosscheck``: one workload, several instruments, the same counts?"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from tracer.commands.outputs import add_force, check_outputs
from tracer.commands.parser import Commands, add_command
from tracer.crosscheck import counting as crosscheck
from tracer.guest.outside import crosscheck_in_lab
from tracer.lab import kernels
from tracer.shared.errors import KernelError
from tracer.shared.files import write_text
from tracer.shared.message import joined, localized, localized_line, message
from tracer.shared.output import to_stderr
from tracer.shared.visible import visible
from tracer.shared.wrapping import padded

_EXAMPLES = """\
examples:
  sudo tracer crosscheck                this kernel
  tracer crosscheck --kernel 6.1        a stock kernel in the lab; BCC compiles for minutes there

Exit code: 0 if all available instruments agree exactly, 1 if not.
"""

_TIMED: Final = ("sched_switch", "sched_waking")
"""How often a task leaves the CPU depends on who else wants it."""

_AGREEMENT: Final = {True: message("equal"), False: message("DIFFERS"), None: ""}

HOOK: Final = 28
"""Cells of the column of hooks."""


class Row(NamedTuple):
    """One hook: what each instrument counted."""

    hook: str
    numbers: dict[str, int | None]
    """By instrument; None: it lacks the hook."""
    agrees: bool | None
    """None: nothing to compare."""
    causes: tuple[str, ...]


def add_parser(subparsers: Commands) -> None:
    """Add ``crosscheck``."""
    parser = add_command(
        subparsers,
        "crosscheck",
        description="Count the hits of each hook during a fixed workload with the core loader "
        "(twice), with the core loader limited to kprobes, with the bcc loader, and with bpftrace.",
        epilog=_EXAMPLES,
    )
    parser.add_argument("--kernel", metavar="K", help="use a kernel of the lab instead of this one")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the counts as JSON")
    add_force(parser)
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    check_outputs(args, args.json)
    if args.kernel:
        kernel = kernels.fetch(args.kernel, to_stderr)
        answer = crosscheck_in_lab(kernel, progress=to_stderr)
    else:
        answer = crosscheck.gather(to_stderr)
    if args.json:
        write_text(args.json, json.dumps(answer, indent=1) + "\n", force=args.force)
    rows = compare(answer["counts"])
    _print(answer, rows)
    if not any(row.agrees for row in rows):
        raise KernelError("nothing to compare: fewer than two instruments counted")
    return int(any(row.agrees is False for row in rows))


def compare(counts: Mapping[str, Mapping[str, Any]]) -> list[Row]:
    """Return a row for each hook that any instrument has; see :mod:`tracer.crosscheck.counting`.

    The hook agrees if all instruments that have it counted the same; it is not compared where it
    depends on timing: by its nature, or because the first instrument's two counts differ.
    """
    names = dict.fromkeys(hook for count in counts.values() for hook in count["hits"])
    return [_row(hook, counts) for hook in names]


def _row(hook: str, counts: Mapping[str, Mapping[str, Any]]) -> Row:
    numbers = {name: count["hits"].get(hook) for name, count in counts.items()}
    causes = [_absence(name, counts[name], hook) for name, n in numbers.items() if n is None]
    known = [n for n in numbers.values() if n is not None]
    first, again = numbers.get(crosscheck.CORE), numbers.get(crosscheck.AGAIN)
    if hook in _TIMED:
        return Row(
            hook, numbers, None, (message("depends on the scheduler: not compared"), *causes)
        )
    if first != again:
        return Row(hook, numbers, None, (message("varies from run to run: not compared"), *causes))
    if not any(known):
        return Row(
            hook,
            numbers,
            None,
            (message("never hit: equal zeros prove nothing; not compared"), *causes),
        )
    causes += [
        message("{name} missed {number} runs", name=name, number=missed)
        for name, count in counts.items()
        if (missed := count["misses"].get(hook))
    ]
    apart = numbers.keys() - {crosscheck.AGAIN}
    compared = sum(numbers[name] is not None for name in apart) > 1
    return Row(hook, numbers, len(set(known)) == 1 if compared else None, tuple(causes))


def _absence(name: str, count: Mapping[str, Any], hook: str) -> str:
    """Return why an instrument has no number: its last reason, which is the kprobe's."""
    if count["error"]:
        return message("{name} counted nothing", name=name)
    if not count["why_not"].get(hook):
        return message("{name}: not available", name=name)
    reasons = str(count["why_not"][hook]).split("; ")
    last = next((r for r in reasons if r.startswith("kprobe:")), reasons[0])
    return message("{name}: {reason}", name=name, reason=last)


def _print(answer: Mapping[str, Any], rows: list[Row]) -> None:
    from analysis.terminal import colour

    counts, coloured = answer["counts"], colour.wanted()
    print(
        localized(message("kernel {kernel}: hits per hook and instrument", kernel=answer["kernel"]))
        + "\n"
    )
    print(
        f"  {padded(localized('hook'), HOOK)}" + "".join(f"{visible(name):>13}" for name in counts)
    )
    for row in rows:
        cells = ("-" if n is None else f"{n:,}" for n in row.numbers.values())
        verdict = colour.paint(_AGREEMENT[row.agrees], coloured)
        print(
            f"  {visible(row.hook):<{HOOK}}"
            + "".join(f"{cell:>13}" for cell in cells)
            + f"  {verdict}"
        )
        for cause in row.causes:
            print(f"  {'':<{HOOK}}  {localized_line(cause)}")
    for name, count in counts.items():
        if count["error"]:
            print(f"\n{visible(name)}: {localized_line(count['error'])}")
    print("\n" + localized(_summary(rows)))


def _summary(rows: list[Row]) -> str:
    equal = sum(row.agrees is True for row in rows)
    differ = [row.hook for row in rows if row.agrees is False]
    never = [row.hook for row in rows if not any(row.numbers.values())]
    summary = message("{equal} hooks equal to the last hit", equal=equal)
    if never:
        summary = joined(
            "; ",
            [
                summary,
                message("{number} never hit: {hooks}", number=len(never), hooks=", ".join(never)),
            ],
        )
    if not differ:
        return joined("; ", [summary, message("none differs")])
    hooks = ", ".join(differ)
    return joined(
        "; ", [summary, message("{number} differ: {hooks}", number=len(differ), hooks=hooks)]
    )
