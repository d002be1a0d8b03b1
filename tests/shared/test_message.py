"""With all messages in other letters, the only plain words that people read are names."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from analysis.comparison.compare import compare
from analysis.comparison.text import to_text as compared
from analysis.frames import read_trace
from analysis.packs import OURS
from analysis.page.document import own_name
from analysis.page.trace import trace_html
from analysis.page.verdicts import verdicts_html
from analysis.report.text import report
from analysis.timeline import timeline_of
from analysis.timeline.lanes import timeline_lanes
from analysis.timeline.text import timeline_table
from analysis.trace.coverage import MEASURED
from analysis.verdicts.engine import Decision, decide
from analysis.verdicts.results import KernelResult
from analysis.verdicts.text import to_text
from tests.analysis import epoll_scenes, scenes
from tests.analysis.claims.cases import CASES
from tests.analysis.handmade import Maker
from tests.analysis.timeline.scenes import epoll_asleep, poll_of_three
from tests.texts import Marking, plain_words
from tracer import cli
from tracer.commands import doctor
from tracer.doctor import facts
from tracer.shared import message
from tracer.shared.catalogue import hooks
from tracer.shared.errors import UsageError
from tracer.shared.phase import CHOICES, Phase
from tracer.shared.syscalls import FAMILIES, SYSCALLS
from tracer.workloads.registry import WORKLOADS

NAMES = {
    *(name for call in SYSCALLS for name in (call.name, call.family)),
    *FAMILIES,
    *MEASURED,
    *(hook.name for hook in hooks()),
    *(claim.id for claim in OURS),
    *("calls", "steps", "core", "slept", "kernel", "cpu", "off", "wall", "median", "mean", "polls"),
    *("bytes", "out", "sleep", "clock", "cpus", "init", "real", "tcp", "unix", "auto", "bcc"),
    *("dask", "single", "pid"),
    *(
        "fentry",
        "fexit",
        "handmade",
        "EPERM",
        "lab",
        "python",
        "libbpf",
        "tracer",
        "trace",
        "mux",
        "linux",
        "fds",
    ),
}
"""Names of the kernel, of columns, of options and of files."""

SPEC = {
    *Phase._fields,
    *WORKLOADS,
    *(value for values in CHOICES.values() for value in values),
    *(claim.experiment.id for claim in OURS),
    *("True", "False"),
}
"""Words in the specs of phases, which a page shows unchanged."""


@pytest.fixture(autouse=True)
def _marked(monkeypatch: pytest.MonkeyPatch, _english: None) -> None:
    monkeypatch.setattr(message, "_in_use", Marking())


def a_trace(path: Path, **manifest: Any) -> Any:
    maker = Maker(detail="steps", detached={"add_wait_queue": "fentry: EPERM"})
    maker.manifest |= manifest
    scenes.mux(maker, ready=41)
    epoll_scenes.epoll(maker, asleep=True)
    maker.phases[0]["calls"] = {}
    return read_trace(maker.write(path))


BAD = {
    "losses": {"calls": 23, "steps": 1204, "tasks": 0, "entries": 0, "waiters": 0},
    "misses": {"sock_poll_fexit": 3, "pollwake_kprobe": None},
    "state": "interrupted",
}


@pytest.mark.parametrize("manifest", [{}, BAD, BAD | {"losses": None, "state": "recording"}])
def test_report(tmp_path: Path, manifest: dict[str, Any]) -> None:
    assert plain_words(report(a_trace(tmp_path / "x.trace", **manifest), 400), NAMES) == []


@pytest.mark.parametrize("everything", [True, False])
def test_compare(tmp_path: Path, everything: bool) -> None:
    bad = a_trace(tmp_path / "bad.trace", **BAD)
    text = compared(compare([a_trace(tmp_path / "x.trace")], [bad]), everything, 400)
    assert plain_words(text, NAMES) == []


def a_result(path: Path) -> KernelResult:
    """Return each claim of one boot, decided, and some whose evidence was lost."""
    decisions = []
    for claim in OURS:
        if len(claim.experiment.boots) == 1:
            made = next(iter(CASES[claim.id].values()))[0]()
            assert isinstance(made, Maker)
            trace = read_trace(made.write(path / claim.id))
            decisions.append(Decision(claim, decide(claim, trace)))
    bad = a_trace(path / "bad.trace", **BAD)
    decisions += [Decision(claim, decide(claim, bad)) for claim in OURS[:7]]
    return KernelResult("6.1.0-56-amd64", "lab", tuple(decisions))


@pytest.mark.slow
def test_verify(tmp_path: Path) -> None:
    result = a_result(tmp_path)
    assert plain_words(to_text([result], 400), NAMES) == []
    assert (
        plain_words(
            text_of(verdicts_html([result])),
            {*NAMES, *SPEC, "verify", *map(own_name, message.LANGUAGES)},
        )
        == []
    )


def text_of(page: str) -> str:
    """Return the texts of a page, including attributes that are read out."""
    page = re.sub(r"(?s)<(script|style)\b.*?</\1>", "", page)
    read_out = re.findall(r'(?:aria-label|title|alt|placeholder)="([^"]*)"', page)
    page = re.sub(r"<dt>([^<]*) <code>[^<]*</code>", r"<dt>\1", page)  # the kernel's symbols
    return html.unescape(" ".join([re.sub(r"<[^>]*>", " ", page), *read_out]))


def test_page_of_a_trace(tmp_path: Path) -> None:
    page = trace_html(a_trace(tmp_path / "x.trace", **BAD))
    assert plain_words(text_of(page), {*NAMES, "report"}) == []


@pytest.mark.parametrize("scene", [epoll_asleep, poll_of_three])
def test_explain(scene: Callable[[Maker], None], tmp_path: Path) -> None:
    maker = Maker(detail="steps")
    scene(maker)
    timeline = timeline_of(read_trace(maker.write(tmp_path / "x.trace")))
    assert (
        plain_words(timeline_lanes(timeline, 160, False) + timeline_table(timeline, 160), NAMES)
        == []
    )


def test_doctor(capsys: pytest.CaptureFixture[str]) -> None:
    answer = {
        "kernel": {"release": "6.1.0-56-amd64", "machine": "x86_64"},
        "facts": [facts._rights()._asdict()],
        "hooks": [
            {"hook": "do_poll", "attached": None, "stands_for": None, "reason": "EPERM",
             "feeds": ["passes"], "silent": []},
            {"hook": "ep_poll", "attached": "fentry:ep_poll", "stands_for": "do_epoll_wait",
             "reason": None, "feeds": [], "silent": ["epoll_wait"]},
        ],
        "error": None,
    }  # fmt: skip
    doctor._print(answer, None)
    doctor._print(answer | {"error": "EPERM"}, None)
    assert plain_words(capsys.readouterr().out, {*NAMES, "uid", "sudo", "do_epoll_wait"}) == []


@pytest.mark.parametrize("command", ["verify", "record", "compare", "report", "doctor"])
def test_help(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli, "use", lambda _language: None)
    with pytest.raises(SystemExit):
        cli.main([command, "--help"])
    text = re.sub(r"--?[\w-]+|[A-Z_]{2,}", "", capsys.readouterr().out)
    models = {name.partition("-")[0] for name in WORKLOADS}
    assert plain_words(text, {*NAMES, *models, command, "COMMAND", "options"}) == []


def test_errors(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(cli, "use", lambda _language: None)
    for arguments in (
        ["report", "no.trace"],
        ["verify", "--claim", "epoll-map"],
        ["record"],
        ["record", "--model", "poll", "--fds", "0"],
        ["explain", "x", "--call", "7"],
    ):
        assert cli.main(arguments) != 0
        assert plain_words(capsys.readouterr().err, {*NAMES, "epoll-map", "nearest"}) == []


def test_an_error_within_an_error_is_translated_too() -> None:
    inner = UsageError(message.message("no {what}", what=message.message("claim")))
    text = message.localized(str(UsageError(message.message("cannot: {error}", error=inner))))
    assert plain_words(text, set()) == []
    assert json.dumps(str(inner)) == '"no claim"'
