"""Runs recordings inside a guest. Standard library only; started by path, as a program.

``python3 -S -E tracer/guest/inside.py DIR`` reads ``DIR/job.json`` (:mod:`tracer.guest.outside`),
records to the guest's own ``/tmp`` and copies each finished trace to ``DIR`` in large blocks (small
writes over 9p take minutes). Lines for people go to a separate port.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import sys
import traceback
from collections.abc import Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any, TextIO

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[2])

from tracer.bpf.loaders import Loading
from tracer.bpf.userprobe import Source
from tracer.crosscheck import counting as crosscheck
from tracer.doctor import facts
from tracer.guest.leaving import leaving
from tracer.recording.attempts import Attempt, best_of, failure_of
from tracer.recording.client import Client
from tracer.recording.recorder import Recorder
from tracer.recording.subject import How
from tracer.recording.summary import summary
from tracer.recording.truthfile import unnamed_file
from tracer.recording.user import user_named
from tracer.shared.catalogue import hooks, named
from tracer.shared.crossing import to_json, to_line
from tracer.shared.errors import TracerError
from tracer.shared.message import message
from tracer.shared.ports import NOTES_PORT
from tracer.workloads import __main__ as workloads
from tracer.workloads import limits, spec
from tracer.workloads.priority import go_before_the_measured

STOP = "stop"
"""A file of this name in DIR asks to stop: what was recorded until then is kept."""
_MOST_OPEN_FDS = 1 << 16
"""The hard limit for workloads; a guest starts with 4,096."""
_BLOCK_BYTES = 1 << 20
LOCAL = Path("/tmp")  # noqa: S108
"""The guest's own tmpfs."""


def _report(text: str) -> None:
    print(to_line(text), file=_notes() or sys.stderr, flush=True)


@cache
def _notes() -> TextIO | None:
    """Return the port for lines to people: stdout and stderr belong to the command."""
    for name in Path("/sys/class/virtio-ports").glob("*/name"):
        if name.read_text().strip() == NOTES_PORT:
            return (Path("/dev") / name.parent.name).open("w")
    return None


def _copy(trace: Path, target: Path) -> None:
    target.mkdir()
    for file in trace.iterdir():
        with file.open("rb") as source, (target / file.name).open("wb") as sink:
            shutil.copyfileobj(source, sink, _BLOCK_BYTES)
    shutil.rmtree(trace)


def _command(recording: dict[str, Any], truth: Path) -> tuple[list[str], Path | None]:
    if recording["command"]:
        return recording["command"], None
    return spec.command(spec.parse(recording["phases"]), truth), truth


def _workload(command: Sequence[str]) -> int:
    """Run our workload's command line: python, its options, the program, then arguments."""
    program = next(i for i, word in enumerate(command) if word.endswith(".py"))
    return workloads.main(command[program + 1 :])


def _record(recorder: Recorder, recording: dict[str, Any], share: Path) -> dict[str, Any]:
    """Record, several times if the first attempt fails; return the answer."""
    name = recording["name"]
    best = best_of(
        lambda number: _attempt(recorder, recording, share, number),
        lambda line: _report(message("{name}: {line}", name=name, line=line)),
    )
    if best.trace.exists():
        _copy(best.trace, share / f"{name}.trace")
    answer: dict[str, Any] = best.answer
    return answer


def _attempt(recorder: Recorder, recording: dict[str, Any], share: Path, number: int) -> Attempt:
    name = recording["name"]
    missed, failure = 0, None
    local = LOCAL / f"{name}-{number}.trace"
    _report(message("recording {name}", name=name))
    answer: dict[str, Any] = {"name": name, "error": None, "exit_status": None}
    try:
        with unnamed_file() as unnamed:
            command, truth = _command(recording, unnamed)
            result = recorder.record(
                command,
                local,
                truth=truth,
                progress=lambda line: _report(message("{name}: {line}", name=name, line=line)),
                deadline_s=recording["deadline_s"],
                asked_to_stop=(share / STOP).exists,
                body=_workload if truth else None,
                how=_how(recording),
                client=_client(recording),
            )
        answer["exit_status"], answer["state"] = result.status, result.state
        if not truth:
            _report(message("{name}: {line}", name=name, line=summary(result)))
        if truth and result.state == "complete":
            missed, failure = result.missed, failure_of(local)
    except TracerError as error:
        answer["error"], answer["exit_code"] = to_json(str(error)), error.exit_code
    return Attempt(local, answer, failure, missed)


def _how(recording: dict[str, Any]) -> How:
    user = user_named(recording["user"]) if recording["user"] else None
    return How(user, recording["follow"], recording["duration_s"])


def _client(recording: dict[str, Any]) -> Client | None:
    return Client(recording["client"], recording["ready"]) if recording["client"] else None


def main(share: Path) -> int:
    """Run the job in ``share`` and write ``answer.json`` there."""
    os.environ[limits.GUEST_VARIABLE] = "1"
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, _MOST_OPEN_FDS))
    job = json.loads((share / "job.json").read_text())
    answer = _answer(job, share)
    (share / "answer.json").write_text(json.dumps(answer))
    return 0


def _answer(job: dict[str, Any], share: Path) -> Any:
    if "doctor" in job:
        return facts.gather()
    if "crosscheck" in job:
        return crosscheck.gather(_report)
    return _record_all(job, share)


def _loading(job: dict[str, Any]) -> Loading:
    loader, probes, types = job["loading"]
    return Loading(loader, tuple(Source(*probe) for probe in probes), tuple(types))


def _attachment(recording: dict[str, Any]) -> tuple[str, bool]:
    """Return what consecutive recordings must share to use one attachment."""
    return recording["detail"], recording["bare"]


def _record_all(job: dict[str, Any], share: Path) -> list[dict[str, Any]]:
    answers: list[dict[str, Any]] = []
    recorder: Recorder | None = None
    loading, clock = _loading(job), job["clock"]
    asked = named(job["hooks"], hooks()) if job["hooks"] else None
    go_before_the_measured()
    for detail, bare in dict.fromkeys(map(_attachment, job["recordings"])):
        if (share / STOP).exists():
            break
        if recorder:
            recorder.close()  # except for the last one: the guest ends with it
        wanted = () if bare else asked
        name, why = loading.chosen()
        _report(
            message(
                "attaching probes for detail {detail} with the {name} loader: {why}",
                detail=detail,
                name=name,
                why=why,
            )
        )
        recorder = Recorder(detail, wanted, job["ring_mib"], "lab", loading, clock=clock)
        answers += [
            _record(recorder, recording, share)
            for recording in job["recordings"]
            if _attachment(recording) == (detail, bare) and not (share / STOP).exists()
        ]
    return answers


def _guarded(share: Path) -> int:
    """Do as `main`; report what went wrong, if anything did."""
    try:
        return main(share)
    except TracerError as failure:
        _report(str(failure))
        return failure.exit_code
    except Exception:
        _report(traceback.format_exc())
        return 1


if __name__ == "__main__":
    sys.exit(leaving(partial(_guarded, Path(sys.argv[1]))))
