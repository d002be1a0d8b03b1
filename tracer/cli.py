"""``tracer``: parse, dispatch, print. Nothing else."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from tracer import __version__
from tracer.commands import doctor, record, report, verify
from tracer.errors import TracerError
from tracer.lab import command as lab

_EXAMPLES = """\
a first round:
  tracer doctor                              what this kernel allows
  sudo tracer record --model epoll --fds 100 --kernel 6.1 -o epoll.trace
  tracer report epoll.trace                  what was seen
  tracer verify                              the textbook's claims against a real kernel

exit codes: 0 done, 1 failed, 2 wrong use, 3 done but some claims are undecided
"""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tracer",
        description="Trace the kernel's I/O models and hold textbook claims against them.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"tracer {__version__}")
    subparsers = parser.add_subparsers(metavar="COMMAND", required=True)
    for module in (doctor, record, report, verify, lab):
        module.add_parser(subparsers)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    args = _parser().parse_args(arguments)
    try:
        code: int = args.run(args)
        sys.stdout.flush()
    except TracerError as error:
        print(f"tracer: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("tracer: stopped", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader of our output went away (tracer … | head): that is its right.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return code


if __name__ == "__main__":
    sys.exit(main())
