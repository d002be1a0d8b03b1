"""``tracer record``: one model or one command, to one trace."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path
from typing import Any, Final, TypedDict

from tracer.bpf import userprobe
from tracer.bpf.loaders import LOADERS, Loading
from tracer.commands import whom, workload_options
from tracer.commands.newest import add_newest, newest
from tracer.commands.parser import Commands, add_command
from tracer.guest.asked import LabBoot, Outcome, Recording
from tracer.guest.outside import OutputSinks, record_in_lab
from tracer.lab import kernels
from tracer.net.link import try_link
from tracer.recording.recorded import Recorded
from tracer.recording.recorder import DEFAULT_RING_MIB, Recorder
from tracer.recording.subject import How
from tracer.recording.summary import summary
from tracer.recording.tracedir import checked_path
from tracer.recording.truthfile import unnamed_file
from tracer.recording.watch import End, Progress
from tracer.recording.watched import Watched
from tracer.shared.catalogue import DETAILS, hooks, named
from tracer.shared.ending import as_shell
from tracer.shared.errors import LabError, TracerError, UsageError
from tracer.shared.heartbeat import Heartbeat
from tracer.shared.message import message
from tracer.shared.output import passed_to, to_stderr, to_stdout
from tracer.shared.phase import Phase, to_json
from tracer.shared.visible import shell_word
from tracer.workloads import limits, spec

_EXAMPLES = """\
examples:
  sudo tracer record --model poll --fds 100 --position first -o poll.trace
  tracer record --kernel 6.1 --model epoll --fds 1000 --active 10 --detail steps
  sudo tracer record --model server --io poll --fds 1000 --active 10 --link lan
  tracer record --kernel 6.1 --model server --fds 200 --link wan --link-delay 50 --link-loss 1
  sudo tracer record -o server.trace -- ./my-server --port 8080     (Ctrl-C ends it)
  sudo tracer record -p "$(pidof redis-server)" --duration 10 -o redis.trace
  sudo tracer record -u nobody --ready 8080 --with 'ab -n 1000 http://[::1]:8080/' -- ./my-server
  sudo tracer record --cgroup system.slice/nginx.service -o nginx.trace
  sudo tracer record --comm postgres --max-time 10m -o last.trace  (for hours, until Ctrl-C)

A server answers --active of --fds connections, the others are idle; --io is the model it waits
with, and its clients run in a separate process. --link lan puts TCP on a veth pair between two
network namespaces that are removed when the recording ends; --link wan also delays it, if the
kernel has netem (the lab's kernels do).

Without --kernel this machine's kernel is traced (needs root); with it, a stock kernel in the
lab. A command is followed until it and everything it started have ended. Ctrl-C, --duration and
the end of a client end a recording cleanly; they stop what tracer started and nothing else. Exit
code: 0 done, 1 if the recording failed or trace and workload disagree, 2 for wrong usage, 130
after --deadline or after Ctrl-C of a workload; for a COMMAND that ended by itself, its own.
"""

LAB_DEADLINE_S: Final = 240.0
"""A guest has a deadline: its recording gets an earlier one, so that it is kept."""
LAB_START_S: Final = 600.0
"""For booting and attaching, on a busy machine."""


class Common(TypedDict):
    """Settings common to recording commands and attached tasks."""

    progress: Progress
    deadline_s: float | None
    how: How


def add_parser(subparsers: Commands) -> None:
    """Add ``record``."""
    parser = add_command(
        subparsers,
        "record",
        usage="tracer record (--model MODEL | -p PID | -a | ...) [options]\n"
        "       tracer record [options] -- COMMAND ...",
        description="Record what the kernel does for an I/O model, for a command, or for "
        "programs already running.",
        epilog=_EXAMPLES,
    )
    whom.add_options(parser)
    workload_options.add_options(parser)
    add = parser.add_argument_group("recorder").add_argument
    add(
        "--detail",
        choices=DETAILS,
        default="calls",
        help="calls: one record per system call, with its counts; steps: also one per step",
    )
    add(
        "--kernel",
        metavar="K",
        help="record in the lab, on this kernel: a series (6.1), a release, or an image",
    )
    add(
        "--hook",
        action="append",
        default=[],
        metavar="NAME",
        help="besides the tracepoints, attach only these hooks (repeatable; tracer doctor lists "
        "them)",
    )
    add(
        "--ring-size",
        type=int,
        default=DEFAULT_RING_MIB,
        metavar="MIB",
        help="size of the main ring, a power of two (default: %(default)s)",
    )
    add(
        "--loader",
        choices=LOADERS,
        default="auto",
        help="core needs the kernel's BTF, bcc needs headers; auto: core where possible (default)",
    )
    add(
        "--probe",
        action="append",
        default=[],
        metavar="FILE.c",
        help="also attach your own probe, BCC source; see docs/probes.md (repeatable)",
    )
    add(
        "--deadline",
        type=float,
        metavar="S",
        help=message(
            "stop after this many seconds (default: never; in the lab {lab:g})", lab=LAB_DEADLINE_S
        ),
    )
    add_newest(parser)
    add("-o", "--output", metavar="NAME.trace", help="default: MODEL.trace or COMMAND.trace")
    parser.add_argument("command", nargs="*", metavar="COMMAND", help="what to run, after --")
    parser.set_defaults(run=_run)  # fmt: skip


def _run(args: argparse.Namespace) -> int:
    phase, watched = workload_options.phase(args), whom.watched(args)
    _check_one_of(phase, watched, args)
    named(args.hook, hooks())
    loading = _loading(args)
    name = Path(args.command[0]).name if args.command else args.model or watched_name(watched)
    path = checked_path(args.output or f"{name}.trace")
    phases = spec.parse([phase]) if phase else []
    if args.kernel:
        return _in_lab(args, path, loading, [to_json(each) for each in phases])
    for each in phases:
        limits.check_fd_limit(each)
        if each.link != "loopback":
            try_link(delayed=each.link == "wan")
    return _here(args, path, loading, phases, watched)


def _check_one_of(
    phase: dict[str, Any] | None, watched: Watched | None, args: argparse.Namespace
) -> None:
    """Raise UsageError unless exactly one thing is to be recorded, and can be."""
    if sum((phase is not None, watched is not None, bool(args.command))) != 1:
        raise UsageError(
            "name one of: a workload (--model MODEL), a command (-- COMMAND), something running "
            "(-p PID, -t TID, --comm NAME, --cgroup PATH, -a)"
        )
    if phase is not None:
        whom.check_unused(args)
    if not args.kernel:  # a guest has a PATH of its own
        whom.check_started(args.command)


def watched_name(watched: Watched | None) -> str:
    """Return the default name for a trace of running tasks."""
    assert watched
    value = watched.value.strip("/").replace("/", "-").replace(",", "-")
    return f"{watched.kind}-{value}" if value else watched.kind


def _loading(args: argparse.Namespace) -> Loading:
    loading = Loading(args.loader, userprobe.sources(args.probe))
    loading.chosen()
    userprobe.probes(loading.probes, hooks())
    return loading


def _here(
    args: argparse.Namespace,
    path: Path,
    loading: Loading,
    phases: list[Phase],
    watched: Watched | None,
) -> int:
    how, client = whom.how(args)._replace(newest=newest(args)), whom.client(args)
    wanted = named(args.hook, hooks()) if args.hook else None
    loader, because = loading.chosen()
    to_stderr(
        message(
            "attaching probes with the {loader} loader ({because})", loader=loader, because=because
        )
    )
    with (
        Recorder(args.detail, wanted, args.ring_size, loading=loading, once=True) as recorder,
        unnamed_file() as unnamed,
    ):
        attached = sum(choice.point is not None for choice in recorder.plan)
        to_stderr(
            message(
                "{attached} of {count} hooks attached; recording to {path}",
                attached=attached,
                count=len(recorder.plan),
                path=path,
            )
        )
        common: Common = {"progress": to_stderr, "deadline_s": args.deadline, "how": how}
        if watched:
            result = recorder.attach(watched, path, client=client, **common)
        else:
            truth = unnamed if phases else None
            command = spec.command(phases, truth) if truth else args.command
            result = recorder.record(command, path, truth=truth, client=client, **common)
        code = _conclude(result, own_command=not phases)
        with Heartbeat(to_stderr) as heart:  # 6.1 takes a tenth of a second for each function
            heart.now(message("detaching the probes"))
            recorder.close()
    return code


def _conclude(result: Recorded, *, own_command: bool) -> int:
    """Print the outcome in three lines; return the exit code."""
    text = message(
        "{path}: {calls:,} calls, {steps:,} steps, {lost:,} lost",
        path=result.path,
        calls=result.calls,
        steps=result.steps,
        lost=result.lost,
    )
    if result.let_go:
        text = message(
            "{recorded}; {count:,} older ones discarded", recorded=text, count=result.let_go
        )
    if result.state != "complete":
        text = message("{recorded} ({state})", recorded=text, state=message(result.state))
    to_stderr(text)
    if own_command:
        to_stderr(summary(result))
    _print_next(result.path, own_command)
    if result.state != "complete":
        return 128 + (result.signal or signal.SIGINT)
    if not result.status:
        return 0
    if result.end is End.CLIENT:
        to_stderr(message("the client exited with status {status}", status=result.status))
    else:
        to_stderr(message("the command exited with status {status}", status=result.status))
    return _exit_code(result.status, own_command)


def _print_next(path: Path, own_command: bool) -> None:
    """Print how to read the trace; standard output belongs to the command."""
    line = f"tracer report {shell_word(path)}"
    if own_command:
        to_stderr(line)
    else:
        to_stdout(line)


def _in_lab(
    args: argparse.Namespace, path: Path, loading: Loading, phases: list[dict[str, Any]]
) -> int:
    kernel = kernels.fetch(args.kernel, to_stderr)
    deadline_s = args.deadline or LAB_DEADLINE_S
    whom.how(args), whom.client(args), newest(args)
    recording = Recording(
        path.stem, args.detail, args.command, phases, deadline_s,
        user=args.user, follow=not args.no_follow, duration_s=args.duration,
        client=args.client, ready=args.ready,
    )  # fmt: skip
    boot = LabBoot(
        kernel, [recording], path.parent, hooks=args.hook, ring_mib=args.ring_size,
        loading=loading, deadline_s=deadline_s + LAB_START_S,
    )  # fmt: skip
    sinks = OutputSinks(passed_to(sys.stdout), passed_to(sys.stderr))
    outcomes = record_in_lab(boot, progress=to_stderr, sinks=sinks)
    if not outcomes:
        raise LabError("stopped before anything was recorded")
    return _conclude_lab(outcomes[0], path, bool(args.command))


def _conclude_lab(outcome: Outcome, path: Path, own_command: bool) -> int:
    if outcome.error:
        error = TracerError(outcome.error)
        error.exit_code = outcome.exit_code
        raise error
    _print_next(path, own_command)
    if outcome.state != "complete" or outcome.signal not in (None, signal.SIGINT):
        return 128 + (outcome.signal or signal.SIGINT)
    status = outcome.exit_status or 0
    if status:
        to_stderr(message("the command exited with status {status}", status=status))
    return _exit_code(status, own_command)


def _exit_code(status: int, own_command: bool) -> int:
    """Return a command's own exit code, as a shell has it; 1 for a workload that failed."""
    if not own_command:
        return int(status != 0)
    return as_shell(status)
