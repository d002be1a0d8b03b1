"""The command line asks for a truth file and exactly one spec."""

from __future__ import annotations

import pytest

from tracer.shared.errors import UsageError
from tracer.workloads.__main__ import main, read_arguments

SPEC = '[{"model": "poll"}]'


def test_spec_file(tmp_path):
    path = tmp_path / "spec.json"
    path.write_text(SPEC)
    request = read_arguments(["--truth", str(tmp_path / "t.json"), "--spec", str(path)])
    assert [phase.model for phase in request.phases] == ["poll"]
    assert not request.progress


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "needed --truth and one of --spec, --spec-json"),
        (["--truth"], "needed --truth"),
        (["--truth", "t", "--spec", "a", "--spec-json", "b"], "one of --spec"),
        (["--thruth", "t"], "unknown option '--thruth'; nearest: --truth"),
        (["--truth", "/nowhere/t", "--spec-json", SPEC], "no directory /nowhere"),
        (["--truth", "t", "--spec", "/nowhere/spec"], "can't read the spec"),
        (["--truth", "t", "--spec-json", "[{"], "the spec is not JSON"),
    ],
)
def test_wrong_arguments(arguments, words):
    with pytest.raises(UsageError, match=words):
        read_arguments(arguments)


def test_help(capsys):
    assert main(["--help"]) == 0
    assert "--spec-json" in capsys.readouterr().out
