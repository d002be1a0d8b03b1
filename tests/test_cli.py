"""A user's mistakes get one message, the right exit code and no traceback."""

from __future__ import annotations

import argparse
import errno
import os
import re
import signal
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from tests.analysis.handmade import Maker
from tracer import cli, start
from tracer.commands import report
from tracer.lab import kernels
from tracer.shared.ending import ENDING
from tracer.shared.errors import KernelError

pytestmark = pytest.mark.usefixtures("own_directory")

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
available = cache(kernels.available)


@pytest.fixture(autouse=True)
def _one_listing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask the archive once which kernels it has: that takes seconds, and four tests name one."""
    monkeypatch.setattr(kernels, "available", available)


def commands() -> dict[str, argparse.ArgumentParser]:
    """Return every command and action, ``lab run`` for example, with its parser."""
    found: dict[str, argparse.ArgumentParser] = {}

    def add(parser: argparse.ArgumentParser, words: str) -> None:
        for action in parser._actions:
            if isinstance(action, argparse._SubParsersAction):
                for name, sub in action.choices.items():
                    found[f"{words}{name}"] = sub
                    add(sub, f"{words}{name} ")

    add(cli.command_line(), "")
    return found


def answer(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """Return exit code and standard error of a command."""
    try:
        code = cli.main(arguments)
    except SystemExit as end:
        code = int(str(end.code))
    return code, capsys.readouterr().err


@pytest.mark.parametrize("name", [name for name in commands() if " " not in name])
def test_help_gives_examples(name, capsys):
    with pytest.raises(SystemExit) as end:
        cli.main([name, "--help"])
    assert end.value.code == 0
    assert f"  tracer {name}" in capsys.readouterr().out.replace("sudo ", "")


def test_help_names_every_command(capsys):
    with pytest.raises(SystemExit):
        cli.main(["--help"])
    listed = re.findall(r"^    (\w+)", capsys.readouterr().out, re.MULTILINE)
    assert [name for name in commands() if " " not in name and name not in listed] == []


@pytest.mark.skipif(not README.exists(), reason="there is no README yet")
def test_readme_names_every_command():
    text = README.read_text()
    assert [name for name in commands() if f"tracer {name}" not in text] == []


WRONG = [
    (["recrod"], "invalid choice: 'recrod'"),
    (["recrod"], "; nearest: record"),
    (["record"], "name one of: a workload (--model MODEL), a command (-- COMMAND), something"),
    (["record", "--model", "poll", "--", "true"], "name one of: a workload"),
    (["record", "--fds", "4", "--", "true"], "--fds: only for a workload; name one with --model"),
    (["record", "--model", "pol"], "unknown model 'pol'; nearest: poll"),
    (["record", "--model", "poll", "--fd-kind", "unxi"], "unknown fd kind 'unxi'; nearest: unix"),
    (["record", "--model", "poll", "--position", "lsat"], "unknown position 'lsat'; nearest: last"),
    (["record", "--model", "poll", "--fds", "0"], "needed at least 1"),
    (["record", "--model", "poll", "--active", "2"], "makes 2 fds active and watches 1"),
    (["record", "--model", "poll", "--fds", "x"], "invalid int value"),
    (["record", "--model", "poll", "--timeout", "soon"], "needed: milliseconds, or none"),
    (["record", "--model", "poll", "--fds", "100000000"], "the hard limit is"),
    (["record", "--model", "select", "--fds", "900"], "glibc's select ends at 1024"),
    (["record", "--model", "poll", "--detail", "step"], "; nearest: steps"),
    (["record", "--hook", "ep_pol", "--model", "poll"], "unknown hook 'ep_pol'; nearest: "),
    (["record", "--kernel", "6.1x", "--model", "poll"], "unknown kernel '6.1x'; nearest: 6.1"),
    (["record", "-o", "x", "--model", "poll"], "a trace is a directory named NAME.trace"),
    (["record", "-o", "no/x.trace", "--model", "poll"], "does not exist"),
    (["record", "-o", "here.trace", "--model", "poll"], "here.trace exists; choose another name"),
    (["doctor", "--hook", "ep_poll_calback"], "nearest: ep_poll_callback"),
    (["doctor", "--kernel", "6.1.0-99-amd46"], "unknown kernel '6.1.0-99-amd46'; nearest: 6.1.0"),
    (["verify", "--claim", "epoll-map"], "unknown claim 'epoll-map'; nearest: epoll-mmap"),
    (["verify", "--claim", "epoll-mmap", "--kernel", "6,1"], "unknown kernel '6,1'; nearest: 6.1"),
    (["verify", "--claim", "epoll-mmap", "-o", "here.trace"], "exists and is not empty"),
    (["verify", "--claim", "epoll-mmap", "-o", "file/x"], "cannot write file/x: Not a directory"),
    (["compare", "a.trace"], "traces found: 1; needed two, or several for each side"),
    (["lab", "run", "6.1x", "--", "true"], "unknown kernel '6.1x'; nearest: 6.1"),
]


def names_a_kernel(arguments: list[str]) -> bool:
    """Tell whether the lists of the archive are read for it, which takes seconds."""
    return "--kernel" in arguments or arguments[:2] == ["lab", "run"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param(
            *row,
            id=" ".join(row[0]),
            marks=pytest.mark.slow if names_a_kernel(row[0]) else (),
        )
        for row in WRONG
    ],
)
def test_wrong_use(arguments, words, capsys, tmp_path):
    (tmp_path / "here.trace").mkdir()
    (tmp_path / "here.trace" / "x").touch()
    (tmp_path / "file").touch()
    code, said = answer(capsys, *arguments)
    assert (code, words in said) == (2, True), said


def broken(path: Path, file: str | None, content: str) -> Path:
    """Return a trace with one file replaced; None: a file in place of the trace."""
    trace = Maker().write(path / "x.trace")
    (trace / file if file else path / "file.trace").write_text(content)
    return trace


@pytest.mark.parametrize(
    ("file", "content", "words"),
    [
        ("manifest.json", '{"schema": 3}', "schema 3; this version reads schema 2"),
        ("manifest.json", '{"schema": 1}', "no state; needed one: record again"),
        ("manifest.json", "{", "not JSON"),
        ("manifest.json", "[]", "a JSON list; needed an object"),
        ("truth.json", "{", "not JSON"),
    ],
)  # fmt: skip
def test_report_of_a_broken_trace(file, content, words, capsys, tmp_path):
    code, said = answer(capsys, "report", str(broken(tmp_path, file, content)))
    assert (code, words in said) == (1, True), said
    assert said.count("\n") == 1


@pytest.mark.parametrize("swapped", [False, True])
def test_comparison_with_a_broken_trace(swapped, capsys, tmp_path):
    pair = [str(Maker().write(tmp_path / "good.trace")), str(broken(tmp_path, "truth.json", "{"))]
    code, said = answer(capsys, "compare", *(pair[::-1] if swapped else pair))
    assert (code, "x.trace/truth.json: not JSON" in said, said.count("\n")) == (1, True, 1), said


@pytest.mark.parametrize("differ", [False, True])
def test_comparison_exits_alike_whether_or_not_they_differ(differ, capsys, tmp_path):
    other = Maker()
    if differ:
        other.call("read", 1)
    pair = Maker().write(tmp_path / "a.trace"), other.write(tmp_path / "b.trace")
    assert cli.main(["compare", *map(str, pair)]) == 0
    assert ("not compared" in capsys.readouterr().out) == differ


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("nothing.trace", "found nothing; needed a trace directory"),
        ("file.trace", "found a file; needed a trace directory"),
        ("empty.trace", "an empty directory"),
        ("other.trace", "not a trace"),
        ("half.trace", "calls.bin"),
    ],
)
def test_report_of_what_is_no_trace(name, words, capsys, tmp_path):
    (tmp_path / "file.trace").touch()
    (tmp_path / "empty.trace").mkdir()
    (tmp_path / "other.trace").mkdir()
    (tmp_path / "other.trace" / "photo.jpg").touch()
    (Maker().write(tmp_path / "half.trace") / "calls.bin").unlink()
    code, said = answer(capsys, "report", name)
    assert (code, words in said) == (1, True), said


def test_report_of_a_truncated_trace_shows_what_is_whole(capsys, tmp_path):
    maker = Maker()
    maker.phase("poll")
    for _ in range(23):
        maker.call("poll", 1)
    trace = maker.write(tmp_path / "x.trace")
    os.truncate(trace / "calls.bin", 22 * 128 + 5)
    assert cli.main(["report", str(trace)]) == 0
    text = capsys.readouterr().out
    assert "22" in text
    assert "5 bytes" in text


def test_json_file_that_cannot_be_written(capsys, tmp_path):
    trace = Maker().write(tmp_path / "x.trace")
    code, said = answer(capsys, "report", str(trace), "--json", "no/x.json")
    assert (code, "no does not exist" in said) == (2, True), said


@pytest.mark.parametrize(
    ("raised", "code", "said"),
    [
        (KernelError("no"), 1, "tracer: no\n"),
        (KeyboardInterrupt(), 130, "tracer: stopped\n"),
        (KeyboardInterrupt(signal.SIGTERM), 143, "tracer: stopped\n"),
    ],
)
def test_exit_codes(raised, code, said, capsys, monkeypatch):
    def fail(_args: argparse.Namespace) -> int:
        raise raised

    monkeypatch.setattr(report, "_run", fail)
    assert answer(capsys, "report", "x") == (code, said)


@pytest.mark.parametrize("number", ENDING)
def test_signals_clean_up_and_are_as_before_afterwards(number, monkeypatch, capsys):
    monkeypatch.setattr(report, "_run", lambda _: signal.raise_signal(number))
    before = signal.signal(number, signal.SIG_DFL)
    try:
        assert answer(capsys, "report", "x") == (128 + number, "tracer: stopped\n")
        assert signal.getsignal(number) == signal.SIG_DFL
    finally:
        signal.signal(number, before)


def test_a_background_job_goes_on_at_ctrl_c(monkeypatch, capsys):
    """A shell without job control starts it with SIGINT ignored."""

    def run(_args: argparse.Namespace) -> int:
        signal.raise_signal(signal.SIGINT)
        return 7

    monkeypatch.setattr(report, "_run", run)
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        assert answer(capsys, "report", "x") == (7, "")
    finally:
        signal.signal(signal.SIGINT, before)


@pytest.mark.slow
def test_reader_that_disappears_is_no_error(tmp_path):
    trace = Maker().write(tmp_path / "x.trace")
    line = [sys.executable, "-m", "tracer.cli", "report", str(trace)]
    done = subprocess.run(
        ["sh", "-c", '"$@" | true', "sh", *line],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""


def test_ctrl_c_just_ends_it_until_it_can_answer(monkeypatch):
    during = []
    monkeypatch.setattr("tracer.cli.main", lambda: during.append(signal.getsignal(signal.SIGINT)))
    before = signal.getsignal(signal.SIGINT)
    try:
        start.main()
    finally:
        signal.signal(signal.SIGINT, before)
    assert during == [signal.SIG_DFL]


@pytest.mark.parametrize(
    ("number", "remedy"),
    [(errno.EMFILE, "ulimit -n"), (errno.ENOMEM, "free some memory"), (errno.ENFILE, "file-max")],
)
def test_what_runs_out_is_named_with_what_to_do(number, remedy, capsys, monkeypatch):
    def give_nothing(_path):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("analysis.windows.recording.open_recording", give_nothing)
    code, said = answer(capsys, "report", "x.trace")
    assert code == 1
    assert said.startswith("tracer: out of resources: ")
    assert remedy in said
