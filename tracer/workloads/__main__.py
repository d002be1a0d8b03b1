"""Command line of the workloads: run a spec's phases, write down the truth."""

from __future__ import annotations

import json
import pathlib
import signal
import sys
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

if not __package__:
    # Started by its path, from any directory: the project is two directories up.
    sys.path[0] = str(pathlib.Path(__file__).resolve().parents[2])

from tracer.shared.ending import ENDING
from tracer.shared.errors import TracerError, UsageError, WorkloadError, unknown_name
from tracer.shared.phase import Phase
from tracer.workloads import limits, phases, spec, wires

USAGE: Final = """\
usage: python3 -m tracer.workloads --truth FILE (--spec FILE.json | --spec-json TEXT) [--progress]

Runs the phases of a spec one after the other and writes what they did to the truth file.
"""
_OPTIONS: Final = ("--truth", "--spec", "--spec-json")


class Interrupted(BaseException):
    """A signal asked the workload to stop."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class Request(NamedTuple):
    """The request on the command line."""

    truth: pathlib.Path
    phases: list[Phase]
    progress: bool


def main(argv: Sequence[str] | None = None) -> int:
    """Run the workload; return 0, 1 (it failed), 2 (wrong request) or 128 + signal."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if "--help" in arguments or "-h" in arguments:
        sys.stdout.write(USAGE)
        return 0
    try:
        return _run(read_arguments(arguments))
    except TracerError as error:
        sys.stderr.write(f"workload: {error}\n")
        return error.exit_code


def read_arguments(arguments: Sequence[str]) -> Request:
    """Return the request; raise UsageError for unknown, missing or unreadable arguments.

    Parsed by hand, since importing argparse takes longer than the rest of the start.
    """
    values: dict[str, str] = {}
    progress = False
    rest = iter(arguments)
    for option in rest:
        if option == "--progress":
            progress = True
            continue
        if option not in _OPTIONS:
            raise unknown_name("option", option, (*_OPTIONS, "--progress"))
        values[option] = next(rest, "")
    if not values.get("--truth") or ("--spec" in values) == ("--spec-json" in values):
        raise UsageError(f"needed --truth and one of --spec, --spec-json\n{USAGE}")
    truth = pathlib.Path(values["--truth"])
    if not truth.parent.is_dir():
        raise UsageError(f"no directory {truth.parent} for the truth; make it first")
    return Request(truth, spec.parse(_load(values)), progress)


def _load(values: dict[str, str]) -> Any:
    try:
        text = values.get("--spec-json") or pathlib.Path(values["--spec"]).read_text("utf-8")
        return json.loads(text)
    except OSError as error:
        raise UsageError(f"can't read the spec: {error}") from error
    except ValueError as error:
        raise UsageError(f"the spec is not JSON: {error}") from error


def _run(request: Request) -> int:
    """Run all phases; whatever happens, write the truth of those that ended, and any error."""
    finished: list[dict[str, Any]] = []
    error: str | None = None
    try:
        _catch(signal.SIGTERM, signal.SIGINT)
        for phase in request.phases:
            limits.check_fd_limit(phase)
        _run_phases(request, finished)
    except Interrupted as stop:
        name = signal.Signals(stop.number).name
        sys.stderr.write(
            f"workload: {name} after {len(finished)} of {len(request.phases)} phases\n"
        )
        return 128 + stop.number
    except OSError as failure:
        error = f"{_next(request, finished)}: {failure}"
        raise WorkloadError(error) from failure
    except TracerError as failure:
        error = str(failure)
        raise
    finally:
        wires.end()
        _write_truth(request.truth, finished, error)
    return 0


def _run_phases(request: Request, finished: list[dict[str, Any]]) -> None:
    for number, phase in enumerate(request.phases, start=1):
        if request.progress:
            sys.stderr.write(f"phase {number} of {len(request.phases)}: {phase.name}\n")
        finished.append(phases.run(number, phase))


def _next(request: Request, finished: Sequence[object]) -> str:
    number = len(finished) + 1
    return f"phase {number} {request.phases[number - 1].name!r}"


def _catch(*numbers: int) -> None:
    """Turn the first of these signals into Interrupted; later ones don't disturb the clean-up."""

    def stop(number: int, _frame: object) -> None:
        for each in numbers:
            signal.signal(each, signal.SIG_IGN)
        raise Interrupted(number)

    for number in numbers:
        signal.signal(number, stop)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)  # a recorder starts it with these blocked


def _write_truth(path: pathlib.Path, finished: list[dict[str, Any]], error: str | None) -> None:
    """Write it at once; the newline at the end marks it as complete."""
    truth: dict[str, Any] = {"schema": 1, "phases": finished}
    if error is not None:
        truth["error"] = error
    path.write_text(json.dumps(truth) + "\n", "utf-8")


if __name__ == "__main__":
    sys.exit(main())
