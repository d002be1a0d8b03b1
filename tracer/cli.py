"""``tracer``: parse, dispatch, print. Nothing else."""

from __future__ import annotations

import argparse
import errno
import io
import signal
import sys
from collections.abc import Container, Iterable, Sequence
from importlib import import_module
from types import FrameType

from tracer.commands.helptexts import speak, split_language, translate
from tracer.commands.parser import Parser
from tracer.commands.summaries import SUMMARIES
from tracer.shared.ending import ENDING, on_ending, sent_again_if_lost
from tracer.shared.errors import TracerError
from tracer.shared.message import ENGLISH, message, use, wanted
from tracer.shared.output import silence, take_standard_fds, to_stderr
from tracer.shared.version import VERSION
from tracer.shared.visible import visible

_USED_UP = {
    errno.EMFILE: message("raise the limit of open files (ulimit -n)"),
    errno.ENFILE: message("raise the system's limit of open files (fs.file-max)"),
    errno.ENOMEM: message("free some memory"),
    errno.EAGAIN: message("raise the limit of processes (ulimit -u), or end some"),
}
"""Resources that may run out at any call, and what to do then."""

_EXAMPLES = """\
first steps:
  tracer doctor                              what this kernel allows
  sudo tracer record --model epoll --fds 100 --kernel 6.1 -o epoll.trace
  tracer report epoll.trace                  what it recorded
  tracer verify                              the textbook's claims against a real kernel
  tracer --lang zh_CN verify                 the same in Chinese (--lang works for all commands)

exit codes: 0 done, 1 failed, 2 wrong usage, 3 done but some claims are undecided, 130 Ctrl-C
"""


_NOBODY_READS = (errno.EPIPE, errno.EIO)
"""The reader of our output (tracer … | head) or the terminal went away: no error of ours."""


def command_line(words: Container[str] = SUMMARIES) -> argparse.ArgumentParser:
    """Return the parser of the command line, in the language in use.

    Commands that are not among ``words`` are there by name only: importing their modules would take
    most of the start.
    """
    parser = Parser(
        prog="tracer",
        description="Trace the kernel's I/O models and check textbook claims against what they do.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"tracer {VERSION}")
    subparsers = parser.add_subparsers(metavar="COMMAND", required=True)
    for name, summary in SUMMARIES.items():
        if name in words:
            import_module(f"tracer.commands.{name}").add_parser(subparsers)
        else:
            subparsers.add_parser(name, help=summary)
    translate(parser)
    parser.set_defaults(whole=command_line)  # for completion
    return parser


def _write_anything() -> None:
    """Write what a terminal's encoding lacks (µ in GBK) as an escape instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _speak(language: str) -> None:
    """Use ``language`` from now on; English if it was not built."""
    try:
        use(language)
    except FileNotFoundError:
        use(ENGLISH)
        print(f"tracer: no texts in {language}; run scripts/build", file=sys.stderr)
    speak()


def _stop(number: int, _frame: FrameType | None) -> None:
    """Clean up after SIGTERM, SIGHUP and SIGQUIT as after Ctrl-C."""
    raise KeyboardInterrupt(number)


def _answered() -> Iterable[int]:
    """Return the signals to stop on; a background job of a shell has SIGINT ignored."""
    ignored = signal.getsignal(signal.SIGINT) == signal.SIG_IGN
    return (number for number in ENDING if not (ignored and number == signal.SIGINT))


def _run(arguments: Sequence[str]) -> int:
    language, rest = split_language(arguments)
    if language:
        _speak(language)
    args = command_line(rest).parse_args(rest)
    code: int = args.run(args)
    sys.stdout.flush()
    return code


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    Signals are answered as before once it has ended, or is saying why.
    """
    take_standard_fds()
    _write_anything()
    _speak(wanted())
    try:
        with sent_again_if_lost(), on_ending(_stop, _answered()):
            code = _run(sys.argv[1:] if arguments is None else arguments)
    except TracerError as error:
        to_stderr(str(error))
        return error.exit_code
    except KeyboardInterrupt as stopped:
        to_stderr("stopped")
        return 128 + (stopped.args[0] if stopped.args else signal.SIGINT)
    except OSError as error:
        if error.errno in _USED_UP:
            remedy = _USED_UP[error.errno]
            to_stderr(message("out of resources: {why}; {remedy}", why=str(error), remedy=remedy))
            return TracerError.exit_code
        if error.filename is None and error.errno in _NOBODY_READS:
            silence(sys.stdout)
            return 0
        if error.filename is None:
            raise
        # A file named by the user, as in --json FILE.
        to_stderr(f"{visible(str(error.filename))}: {error.strerror}")
        return 1
    return code


if __name__ == "__main__":
    sys.exit(main())
