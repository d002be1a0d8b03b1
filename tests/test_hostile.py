"""Foreign text is shown but has no effect: it forges no line and moves no cursor."""

from __future__ import annotations

import json
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.analysis import epoll_scenes, scenes
from tests.analysis.handmade import WAITER, Maker
from tracer import cli
from tracer.commands import crosscheck, doctor, record
from tracer.shared.errors import TracerError
from tracer.shared.fds import KINDS
from tracer.shared.message import ENGLISH, LANGUAGES
from tracer.shared.output import to_stderr, to_stdout
from tracer.shared.records import Life
from tracer.shared.visible import visible

IN_EACH_LANGUAGE = [
    pytest.param(language, marks=pytest.mark.slow if language != ENGLISH else ())
    for language in LANGUAGES
]

pytestmark = pytest.mark.usefixtures("own_directory")

FORGED = "forged: losses none"
UNSEEN = "\x1b[2J\x07\x9b31m\x7f\u202e\u2066\u200b\ufeff\u3164\udcff"
ARGUMENT = f"x\n{FORGED}\r{FORGED}\u2028{FORGED}{UNSEEN}"
"""Text that an argument or a path can contain."""
HOSTILE = ARGUMENT + "\0\ud800"
"""Text that JSON can contain."""

FIXED = ("state", "where", "detail", "started_at", "machine")
"""Keys whose values must be from a list."""


def clean(text: str) -> None:
    """Assert that ``text`` has no control characters, and no forged line."""
    assert [c for c in text if visible(c) != c and c != "\n"] == []
    assert [line for line in text.split("\n") if line.strip().startswith("forged")] == []


def hostile(value: Any, key: str = "") -> Any:
    """Return ``value`` with hostile text in each of its strings, and as a key in each table."""
    if isinstance(value, str):
        return value if key in FIXED else value + HOSTILE
    if isinstance(value, list):
        return [hostile(each) for each in value]
    if not isinstance(value, dict):
        return value
    found = {name: each if name == "feeds" else hostile(each, name) for name, each in value.items()}
    if key in ("misses", "hits", "losses", "versions"):
        found[HOSTILE] = HOSTILE if key == "versions" else 3
    return found


def observed_hostile(maker: Maker) -> None:
    """Add hostile names of the task, and of what is behind its fds."""
    for name in (f"\n{FORGED}", "\x1b[2J\x9b\u202e\0"):
        maker.task(WAITER, name[:15], Life.RENAMED)
    for fd, kind in enumerate(KINDS):
        ends = {"local": HOSTILE, "peer": HOSTILE, "state": HOSTILE}
        maker.observe(fd, kind, text=HOSTILE, **(ends if kind in ("tcp", "udp", "unix") else {}))


def hostile_trace(path: Path, number: int) -> str:
    maker = Maker(detail="steps", detached={"pipe_poll": "EPERM"})
    epoll_scenes.epoll(maker, asleep=True)
    scenes.mux(maker, "poll", asleep=True)
    maker.phases[0]["fds"] = [number]
    maker.manifest["host"] = f"host {number}"
    observed_hostile(maker)
    trace = maker.write(path / f"{number}{ARGUMENT}.trace")
    for name in ("manifest.json", "truth.json"):
        found = json.loads((trace / name).read_text())
        (trace / name).write_text(json.dumps(hostile(found)))
    return str(trace)


OF_A_TRACE = [
    pytest.param(words, id=" ".join(words), marks=pytest.mark.slow if number else ())
    for alike in (
        [
            ["report", "A", "-v"],
            ["report", "A"],
            ["report", "A", "B", "-v"],
            ["report", "A", "--by", "program"],
            ["report", "A", "--by", "thread"],
            ["report", "A", "--by", "epoll"],
            ["report", "A", "--by", "fd"],
        ],
        [["explain", "A"], ["explain", "A", "--plain"], ["explain", "A", "--phase", "7"]],
        [["compare", "A", "B", "--all"], ["compare", "A", "B"]],
        [["export", "A", "--csv", ARGUMENT], ["export", "A", "B", "--dataset", ARGUMENT]],
    )
    for number, words in enumerate(alike)
]
"""Commands that show a trace; of similar ones all but the first are marked slow."""


@pytest.mark.parametrize("language", IN_EACH_LANGUAGE)
@pytest.mark.parametrize("words", OF_A_TRACE)
def test_every_string_of_a_trace(words, language, tmp_path, capsys):
    traces = {name: hostile_trace(tmp_path, number) for number, name in enumerate("AB", start=1)}
    code = cli.main(["--lang", language, *(traces.get(word, word) for word in words)])
    said = capsys.readouterr()
    assert code == (2 if "7" in words else 0), said.err
    clean(said.out)
    clean(said.err)
    assert "forged" in said.out + said.err


def test_what_is_written_of_many_traces(tmp_path, capsys):
    traces = [hostile_trace(tmp_path, number) for number in (1, 2)]
    page, data = tmp_path / "fleet.md", tmp_path / "dataset"
    assert cli.main(["report", *traces, "--markdown", str(page)]) == 0
    clean(page.read_text())
    assert cli.main(["export", *traces, "--dataset", str(data)]) == 0
    capsys.readouterr()
    assert cli.main(["report", str(data)]) == 0
    said = capsys.readouterr()
    clean(said.out)
    clean(said.err)
    assert "forged" in said.out


def test_a_trace_of_a_machine_that_nobody_knows(tmp_path, capsys):
    trace = Path(hostile_trace(tmp_path, 1))
    manifest = json.loads((trace / "manifest.json").read_text())
    manifest["kernel"]["machine"] = HOSTILE
    (trace / "manifest.json").write_text(json.dumps(manifest))
    assert cli.main(["report", str(trace)]) == 0
    said = capsys.readouterr()
    clean(said.out)
    clean(said.err)


@pytest.mark.parametrize(
    "words",
    [
        [ARGUMENT],
        ["report", ARGUMENT],
        ["report", "x.trace", f"--{ARGUMENT}"],
        ["report", "x.trace", "--findings", ARGUMENT],
        ["report", "x.trace", "--json", f"{ARGUMENT}/{ARGUMENT}"],
        ["explain", "x.trace", "--call", ARGUMENT],
        ["explain", "x.trace", "--phase", ARGUMENT],
        ["compare", ARGUMENT, ARGUMENT],
        ["export", ARGUMENT, "--csv", ARGUMENT],
        ["export", "x.trace", "--perfetto", f"{ARGUMENT}/{ARGUMENT}"],
        ["record", "--model", ARGUMENT],
        ["record", "--model", "epoll", "--position", ARGUMENT],
        ["record", "--model", "epoll", "--timeout", ARGUMENT],
        ["record", "--hook", ARGUMENT, "--model", "epoll"],
        ["record", "--probe", ARGUMENT, "--model", "epoll"],
        ["record", "-o", ARGUMENT, "--model", "epoll"],
        ["record", "-o", f"{ARGUMENT}/x.trace", "--model", "epoll"],
        ["verify", "--claim", ARGUMENT],
        ["verify", "--pack", ARGUMENT],
        ["doctor", "--hook", ARGUMENT],
        ["--lang", ARGUMENT, "doctor"],
        ["glossary", ARGUMENT],
    ],
    ids=lambda words: " ".join(words).partition("x\n")[0],
)
def test_every_word_of_a_command_line(words, tmp_path, capsys):
    Maker().write(tmp_path / "x.trace")
    try:
        code = cli.main(words)
    except SystemExit as end:
        code = int(str(end.code))
    said = capsys.readouterr()
    assert code in (1, 2)
    clean(said.out)
    clean(said.err)


def facts() -> dict[str, Any]:
    hook = {
        "hook": "a", "attached": None, "stands_for": "b", "reason": "c", "feeds": ["d"],
        "silent": [],
    }  # fmt: skip
    fact = {"name": "a", "ok": False, "found": "b", "remedy": "c"}
    found = {"kernel": {"release": "6", "machine": "x"}, "facts": [fact], "error": None}
    return {**found, "hooks": [hook, {**hook, "attached": "e", "silent": ["f"]}]}


def test_what_a_guest_answers_to_doctor(capsys):
    doctor._print(hostile(facts()), None)
    doctor._print(hostile(facts() | {"error": "why"}), None)
    clean(capsys.readouterr().out)


def test_what_a_guest_answers_to_crosscheck(capsys):
    bad = HOSTILE
    count = {"error": bad, "hits": {bad: 3}, "attached": {}, "why_not": {}, "misses": {bad: 2}}
    counts = {"core": count, "core again": count, bad: count | {"hits": {}, "error": None}}
    counts["bcc"] = count | {"hits": {}, "error": None, "why_not": {bad: f"kprobe:{bad}"}}
    answer = {"kernel": bad, "counts": counts}
    crosscheck._print(answer, crosscheck.compare(counts))
    clean(capsys.readouterr().out)


def test_lines_of_a_guest_and_errors(capsys, monkeypatch):
    def fail(_args: Any) -> int:
        raise TracerError(f"first line\n{HOSTILE}")

    to_stderr(HOSTILE)
    to_stdout(HOSTILE)
    monkeypatch.setattr(doctor, "_run", fail)
    assert cli.main(["doctor"]) == 1
    said = capsys.readouterr()
    clean(said.out)
    clean(said.err)
    assert "tracer: first line\n  | x\n  | forged: losses none\\r" in said.err


@pytest.mark.parametrize("name", ["plain.trace", "a b'c.trace", f"{ARGUMENT}.trace", "'$x"])
def test_command_that_reads_the_trace_can_be_pasted(name, capsys):
    record._print_next(Path(name), own_command=False)
    line = capsys.readouterr().out
    clean(line)
    printed = subprocess.run(
        ["bash", "-c", f"printf '%s\\0' {line.removeprefix('tracer report ')}"],
        capture_output=True,
        check=True,
        env={"LC_ALL": "C.UTF-8"},
    ).stdout
    assert printed == name.encode("utf-8", "surrogateescape") + b"\0"
    if name == "plain.trace":
        assert shlex.split(line) == ["tracer", "report", name]
