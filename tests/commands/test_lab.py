"""``tracer lab`` as typed."""

import argparse
from pathlib import Path

import pytest

from tracer.commands import lab as command
from tracer.lab import kernels


def parse(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    command.add_parser(parser.add_subparsers())
    return parser.parse_args(["lab", *words])


def test_run_takes_what_is_after_the_dashes() -> None:
    args = parse("run", "6.1", "--cpus", "1", "--", "ls", "-l", "--", "x")
    assert (args.kernel, args.cpus) == ("6.1", 1)
    assert args.command == ["ls", "-l", "--", "x"]
    assert args.run is not None


def test_list_marks_what_is_here(
    cache: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (cache / "kernels/6.1.0-9-amd64").mkdir(parents=True)
    monkeypatch.setattr(kernels, "available", lambda: ["6.1.0-56-amd64"])
    monkeypatch.setattr(kernels, "other_suites_known", lambda: True)
    args = parse("list")
    assert args.run(args) == 0
    assert capsys.readouterr().out == "here       6.1.0-9-amd64\navailable  6.1.0-56-amd64\n"
