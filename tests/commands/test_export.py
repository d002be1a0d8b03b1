"""``tracer export``: what is written, what is refused, and that nothing is left half-finished."""

from __future__ import annotations

import errno
import functools
import os
import re
import threading
from pathlib import Path

import pytest

from analysis.export import perfetto_file
from tests.analysis.export.perfetto_reader import read
from tests.analysis.export.scene import woken_poll
from tests.analysis.handmade import Maker
from tests.bpf.test_ring import no_file_longer_than
from tests.shared.sudo import CALLER, needs_root
from tests.test_cli import answer
from tests.waiting import PATIENCE_S
from tracer import cli
from tracer.commands import export, perfetto_files

pytestmark = pytest.mark.usefixtures("own_directory")


@pytest.fixture
def trace(tmp_path: Path) -> str:
    maker = Maker(detail="steps")
    woken_poll(maker)
    return str(maker.write(tmp_path / "x.trace"))


def test_all_forms_at_once(trace, tmp_path, capsys):
    assert cli.main(["export", trace, "--perfetto", "x.pf", "--parquet", "d", "--csv", "d"]) == 0
    assert sorted(path.name for path in (tmp_path / "d").iterdir()) == [
        "calls.csv", "calls.parquet", "steps.csv", "steps.parquet",
    ]  # fmt: skip
    assert len(read(tmp_path / "x.pf").of("call")) == 4
    said = capsys.readouterr()
    assert said.err == ""
    assert said.out.splitlines() == [
        "x.pf: 4 calls, 15 steps",
        "d/calls.parquet: 4 calls",
        "d/steps.parquet: 15 steps",
        "d/calls.csv: 4 calls",
        "d/steps.csv: 15 steps",
    ]


def test_second_form_into_the_same_directory(trace, tmp_path):
    assert cli.main(["export", trace, "--csv", "d"]) == 0
    assert cli.main(["export", trace, "--parquet", "d"]) == 0
    assert len(list((tmp_path / "d").iterdir())) == 4


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "nothing to write; give --perfetto FILE, --parquet DIR, --csv DIR or --dataset DIR"),
        (["--perfetto", "there"], "there exists; choose another name"),
        (["--perfetto", "dir"], "dir exists and is not a regular file; choose another name"),
        (
            ["--perfetto", "dangling"],
            "dangling exists and is not a regular file; choose another name",
        ),
        (["--perfetto", "no/x"], "/no does not exist"),
        (["--perfetto", "there/x"], "/there is not a directory"),
        (["--csv", "there"], "there exists; choose another name"),
        (["--csv", "no/d"], "/no does not exist"),
        (["--csv", "dir"], "dir/steps.csv exists; choose another name"),
    ],
    ids=" ".join,
)
def test_wrong_use_writes_nothing(arguments, words, trace, tmp_path, capsys):
    (tmp_path / "there").write_text("mine")
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    (tmp_path / "dir").mkdir()
    (tmp_path / "dir" / "steps.csv").write_text("mine")
    before = sorted(tmp_path.rglob("*"))
    code, said = answer(capsys, "export", trace, *arguments)
    assert (code, words in said) == (2, True), said
    assert said.count("\n") == 1
    assert sorted(tmp_path.rglob("*")) == before
    assert (
        (tmp_path / "there").read_text() == (tmp_path / "dir" / "steps.csv").read_text() == "mine"
    )


def test_directory_that_is_not_writable(trace, capsys, monkeypatch, tmp_path):
    monkeypatch.setattr(os, "access", lambda *_, **__: False)
    code, said = answer(capsys, "export", trace, "--perfetto", "x.pf")
    assert (code, f"the directory {tmp_path} is not writable" in said) == (2, True), said


def test_no_trace(tmp_path, capsys):
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "photo.jpg").touch()
    for name, words in (("none", "found nothing"), ("other", "not a trace")):
        code, said = answer(capsys, "export", name, "--csv", "d")
        assert (code, words in said) == (1, True), said
    assert not (tmp_path / "d").exists()


def test_same_name_twice(trace, capsys, tmp_path):
    code, said = answer(capsys, "export", trace, "--perfetto", "d", "--csv", "d")
    assert (code, "d exists and is not a regular file" in said) == (2, True), said
    assert not (tmp_path / "d").exists()


@pytest.mark.parametrize("form", ["perfetto", "parquet", "csv"])
def test_full_disk_leaves_nothing(form, trace, capsys, tmp_path):
    with no_file_longer_than(50):
        code, said = answer(capsys, "export", trace, f"--{form}", "new")
    assert code == 1
    assert re.fullmatch(r"tracer: cannot write new(/calls\.\w+)?: File too large\n", said)
    assert not (tmp_path / "new").exists()


def test_ctrl_c_leaves_nothing(trace, capsys, tmp_path, monkeypatch):
    def stopped(_timeline, file):
        file.write(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(perfetto_file, "write_perfetto", stopped)
    code, said = answer(capsys, "export", trace, "--perfetto", "x.pf")
    assert (code, said) == (130, "tracer: stopped\n")
    assert not (tmp_path / "x.pf").exists()


def test_losses_are_reported(tmp_path, capsys):
    maker = Maker()
    maker.manifest["losses"] |= {"calls": 1204, "tasks": 1}
    maker.write(tmp_path / "lost.trace")
    maker.manifest["losses"] = None
    maker.write(tmp_path / "killed.trace")
    assert answer(capsys, "export", "lost.trace", "--csv", "a") == (
        0, "tracer: lost.trace: lost while it was recorded: 1,204 calls, 1 tasks\n",
    )  # fmt: skip
    assert answer(capsys, "export", "killed.trace", "--csv", "b") == (
        0, "tracer: killed.trace: the recorder was killed; its losses are unknown\n",
    )  # fmt: skip


def test_what_takes_long_is_reported(trace, capsys, monkeypatch):
    beat, reported = export.Heartbeat, threading.Event()

    def report(message, line):
        message(line)
        reported.set()

    def reporting(message):
        return beat(functools.partial(report, message), every_s=0.05)

    monkeypatch.setattr(export, "Heartbeat", reporting)
    monkeypatch.setattr(
        perfetto_file, "write_perfetto", lambda _timeline, _file: reported.wait(PATIENCE_S)
    )
    code, said = answer(capsys, "export", trace, "--perfetto", "x.pf")
    assert code == 0
    assert re.search(r"^tracer: writing x\.pf \(\d+ s\)$", said, re.MULTILINE)


@needs_root
def test_under_sudo_the_caller_owns_what_is_written(trace, called_by_sudo, monkeypatch):
    monkeypatch.chdir(called_by_sudo)
    (called_by_sudo / "old").mkdir()
    (called_by_sudo / "old" / "mine").touch()
    os.chown(called_by_sudo / "old", CALLER, CALLER)
    cli.main(["export", trace, "--perfetto", "x.pf", "--csv", "new"])
    cli.main(["export", trace, "--csv", "old"])
    names = ["x.pf", "new", "new/calls.csv", "new/steps.csv", "old/calls.csv", "old/steps.csv"]
    owners = {name: (called_by_sudo / name).stat().st_uid for name in names}
    assert owners == dict.fromkeys(names, CALLER)
    assert (called_by_sudo / "old" / "mine").stat().st_uid == 0


def test_force_replaces_and_tables_are_for_their_owner_only(trace, tmp_path):
    os.umask(0o022)
    assert cli.main(["export", trace, "--csv", "d"]) == 0
    (tmp_path / "d" / "calls.csv").write_text("old")
    assert cli.main(["export", trace, "--csv", "d"]) == 2
    assert cli.main(["export", trace, "--csv", "d", "--force"]) == 0
    assert len((tmp_path / "d" / "calls.csv").read_text().splitlines()) == 5
    assert (tmp_path / "d" / "calls.csv").stat().st_mode & 0o777 == 0o600


def test_a_long_trace_in_files_of_a_stretch_each(trace, tmp_path, capsys, monkeypatch):
    assert cli.main(["export", trace, "--perfetto", "whole.pf"]) == 0
    capsys.readouterr()
    monkeypatch.setattr(perfetto_files, "MOST", 6)
    assert cli.main(["export", trace, "--perfetto", "x.pf"]) == 0
    said = capsys.readouterr()
    files = sorted(tmp_path.glob("x.*.pf"))
    assert "x.pf: 19 calls and steps are too many for a viewer" in said.err
    assert f"; writing {len(files)} files" in said.err
    assert len(files) > 1
    assert not (tmp_path / "x.pf").exists()
    assert said.out.splitlines()[0].startswith("x.1.pf: ")
    assert " s" in said.out.splitlines()[-1]
    whole, parts = read(tmp_path / "whole.pf"), [read(file) for file in files]
    for category in ("call", "step"):
        names = sorted(event.name for event in whole.of(category) if event.name != "asleep")
        written = [event.name for part in parts for event in part.of(category)]
        assert len(written) == len(whole.of(category))
        assert set(names) <= set(written)
    for part in parts:
        assert [event.name for event in part.of("recording")] == ["x.trace"]
        assert len(part.of("phase")) == len(whole.of("phase"))


def test_no_file_of_several_is_written_over(trace, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(perfetto_files, "MOST", 6)
    (tmp_path / "x.2.pf").write_text("mine")
    code, said = answer(capsys, "export", trace, "--perfetto", "x.pf")
    assert (code, "x.2.pf exists" in said) == (2, True), said
    assert not (tmp_path / "x.1.pf").exists()


def test_what_was_written_before_the_disk_was_full_is_reported(
    trace, tmp_path, capsys, monkeypatch
):
    monkeypatch.setattr(perfetto_files, "MOST", 6)
    write, written = perfetto_file.write_perfetto, []

    def full(events, file):
        if written:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        written.append(file.name)
        write(events, file)

    monkeypatch.setattr(perfetto_file, "write_perfetto", full)
    assert cli.main(["export", trace, "--perfetto", "x.pf"]) == 1
    said = capsys.readouterr()
    assert [line.partition(":")[0] for line in said.out.splitlines()] == ["x.1.pf"]
    assert said.err.endswith(
        "cannot write x.2.pf: No space left on device; free some space or write elsewhere\n"
    )
    assert sorted(path.name for path in tmp_path.glob("*x.*")) == ["x.1.pf", "x.trace"]
