"""``tracer lab``: stock kernels at hand."""

from __future__ import annotations

import argparse
import shlex
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO, Final

from tracer.commands.outputs import add_force, check_outputs
from tracer.commands.parser import Commands, add_command
from tracer.lab import kernels, needs
from tracer.lab.boot import DEADLINE_S, boot
from tracer.lab.cache import cache_dir
from tracer.lab.listing import listed, other_suites_known
from tracer.lab.releases import DEFAULT, by_series
from tracer.lab.sinks import Sink, discarded
from tracer.shared.files import new_log
from tracer.shared.message import localized, message
from tracer.shared.output import to_stderr
from tracer.shared.visible import visible

_KERNEL = "a series (6.1, 6.12-rt: its newest), a release (as in uname -r), or the path of an image"

_EXAMPLES = """\
examples:
  tracer lab list                        the newest of each series, and what has been fetched
  tracer lab list --all --refresh        every release, from today's lists of all suites
  tracer lab fetch 6.1                   the newest 6.1, unless one has been fetched
  tracer lab fetch 6.12-rt               a flavour, by name
  tracer lab size                        how much space the kernels take
  tracer lab rm 5.10 6.1.0-56-amd64      a series, a release
  tracer lab run 6.1 -- uname -r
  tracer lab run 7.3 --share out -- sh -c 'dmesg > out/dmesg'
  tracer lab run ./bzImage --icount -- python3 -S work.py

Kernels are kept in ~/.cache/tracer (TRACER_CACHE, XDG_CACHE_HOME). A boot takes about 15 s
under emulation and 2 s with KVM, which is tried once; TRACER_KVM=0 turns KVM off.
"""

_LIST = """\
Shows series, release and state, newest first. States: fetched; not bootable (fetched, but the lab
cannot boot it); available (can be fetched); incomplete (the archive lacks part of it).
"""

_RUN = """\
The guest sees this machine's files read-only and has its own /tmp; only the DIR of --share is
writable, at the same path. The command runs as root, in this directory, with no input and no
network. Its output and exit code are passed on.
"""


NO_COMMAND: Final = 127
"""A shell's exit code where there is no such command (POSIX, 2.8.2)."""


def add_parser(subparsers: Commands) -> None:
    """Add ``lab`` and its subcommands, each with ``run`` as the function that does it."""
    parser = add_command(
        subparsers,
        "lab",
        description="Fetch stock distribution kernels and run commands in them.",
        epilog=_EXAMPLES,
    )
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    _add_list(actions)
    _add_fetch(actions)
    _add_run(actions)
    actions.add_parser("size", help="show how much space each kernel takes").set_defaults(run=_size)
    parser = actions.add_parser("rm", help="remove kernels from the cache")
    parser.add_argument(
        "kernels", metavar="K", nargs="+", help="a series (all its kernels) or a release"
    )
    parser.set_defaults(run=_remove)


def _add_list(actions: Commands) -> None:
    parser = actions.add_parser(
        "list", help="list the kernels that have been fetched, or can be", description=_LIST
    )
    parser.add_argument(
        "--all", action="store_true", help="list every release, not just the newest"
    )
    parser.add_argument(
        "--refresh", action="store_true", help="first read today's lists of all suites (network)"
    )
    parser.set_defaults(run=_list)


def _add_fetch(actions: Commands) -> None:
    parser = actions.add_parser("fetch", help="fetch a kernel from this machine's package archive")
    parser.add_argument("kernel", metavar="K", nargs="?", default=DEFAULT, help=_KERNEL)
    parser.set_defaults(run=_fetch)


def _add_run(actions: Commands) -> None:
    parser = actions.add_parser(
        "run",
        help="boot a kernel and run a command in it",
        usage="tracer lab run K [options] -- COMMAND ...",
        description=_RUN,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("kernel", metavar="K", help=_KERNEL)
    add("--share", metavar="DIR", type=Path, help="a directory the guest may write to")
    add("--memory", metavar="MIB", type=int, default=1024, help="memory in MiB (%(default)s)")
    add("--cpus", metavar="N", type=int, default=2, help="processors (%(default)s)")
    add(
        "--deadline",
        metavar="S",
        type=float,
        default=DEADLINE_S,
        help="stop the guest after this many seconds (%(default)g)",
    )
    add("--icount", action="store_true", help="make guest time count instructions; one processor")
    add("--no-kvm", action="store_true", help="emulate even if KVM works")
    add("--append", metavar="PARAM", action="append", default=[], help="add a kernel parameter")
    add("--console", metavar="FILE", type=Path, help="write the guest's console output to FILE")
    add_force(parser)
    add("command", metavar="COMMAND", nargs="+", help="what to run, after --")
    parser.set_defaults(run=_run)


def _list(args: argparse.Namespace) -> int:
    if args.refresh:
        kernels.refresh(to_stderr)
    to_stderr("searching the archive's lists")
    states = _states()
    for series, releases in by_series(states).items():
        for at, release in enumerate(releases):
            state, news = states[release], at == 0
            if args.all or news or state in (_FETCHED, _NOT_BOOTABLE):
                print(f"{visible(series):<10}  {visible(release):<30}  {localized(state)}")
    if not other_suites_known():
        to_stderr("only this machine's own suites; --refresh reads the others too")
    return 0


_FETCHED, _NOT_BOOTABLE = message("fetched"), message("not bootable")
_AVAILABLE, _INCOMPLETE = message("available"), message("incomplete")


def _states() -> dict[str, str]:
    """Return release → state of all kernels that are known."""
    states: dict[str, str] = {}
    states |= {each.release: _INCOMPLETE if each.missing else _AVAILABLE for each in listed()}
    for kernel in kernels.fetched():
        lacks = kernel.modules is not None and needs.lacking(kernel.modules)
        states[kernel.release] = _NOT_BOOTABLE if lacks else _FETCHED
    return states


def _size(_args: argparse.Namespace) -> int:
    sizes = {kernel.release: _size_bytes(kernel) for kernel in kernels.fetched()}
    for release, size_bytes in sizes.items():
        print(f"{size_bytes / 1e6:>8,.1f} MB  {release}")
    print(f"{sum(sizes.values()) / 1e6:>8,.1f} MB  {cache_dir() / 'kernels'}")
    return 0


def _size_bytes(kernel: kernels.Kernel) -> int:
    """Return the disk space that a fetched kernel takes."""
    files = kernel.image.parents[1].rglob("*")
    return sum(file.lstat().st_blocks for file in files) * 512


def _remove(args: argparse.Namespace) -> int:
    for release in kernels.remove(args.kernels, to_stderr):
        to_stderr(message("removed kernel {release}", release=release))
    return 0


def _fetch(args: argparse.Namespace) -> int:
    kernel = kernels.fetch(args.kernel, to_stderr)
    print(f"{visible(kernel.release)}  {visible(str(kernel.image))}")
    return 0


def _run(args: argparse.Namespace) -> int:
    check_outputs(args, args.console)
    kernel = kernels.fetch(args.kernel, to_stderr)
    command = shlex.join(args.command)
    to_stderr(message("booting {kernel} for: {command}", kernel=kernel.release, command=command))
    with ExitStack() as stack:
        log = stack.enter_context(new_log(args.console)) if args.console else None
        result = boot(
            kernel,
            args.command,
            memory_mib=args.memory,
            cpus=args.cpus,
            deadline_s=args.deadline,
            share=args.share,
            icount=args.icount,
            append=args.append,
            stdout=_write_to(sys.stdout.buffer),
            stderr=_write_to(sys.stderr.buffer),
            console=log.write if log else discarded,
            use_kvm=False if args.no_kvm else None,
            progress=to_stderr,
        )
    if result.exit_code == NO_COMMAND:
        name = shlex.quote(args.command[0])
        to_stderr(
            message(
                "exit status {status}: the guest found no command {name}, or the command itself "
                "returned that",
                status=NO_COMMAND,
                name=name,
            )
        )
    return result.exit_code


def _write_to(stream: BinaryIO) -> Sink:
    def write(chunk: bytes) -> None:
        stream.write(chunk)
        stream.flush()

    return write
