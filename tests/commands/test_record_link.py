"""``tracer record``: a server and its link, as options and in words."""

from __future__ import annotations

import pytest

from tests.commands.test_record import Lab, lab, run
from tracer import cli

__all__ = ["lab"]


def test_options_of_server_and_link_are_the_phases_fields(lab: Lab) -> None:
    assert not run(
        "--model", "server", "--io", "poll", "--fds", "41", "--active", "3", "--link", "wan",
        "--link-delay", "50", "--link-jitter", "5", "--link-loss", "1",
    )  # fmt: skip
    assert lab.asked is not None
    (phase,) = lab.asked.phases
    asked = {key: value for key, value in phase.items() if key.startswith(("io", "link", "fd"))}
    assert asked == {
        "io": "poll", "fds": 41, "fd_kind": "tcp", "link": "wan",
        "link_delay_ms": 50, "link_jitter_ms": 5, "link_loss_percent": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--model", "poll", "--link", "lan"], "use fd_kind tcp"),
        (["--model", "server", "--link-delay", "5"], "use link wan"),
        (
            ["--link-delay", "5", "--io", "poll", "--", "ls"],
            "--io, --link-delay: only for a workload",
        ),
        (["--model", "server", "--io", "pol"], "unknown io 'pol'; nearest: poll"),
    ],
)
def test_wrong_options(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str], lab: Lab
) -> None:
    assert run(*arguments) == 2
    assert words in capsys.readouterr().err


def test_help_teaches(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["record", "--help"])
    shown = capsys.readouterr().out
    assert "--model server --io poll --fds 1000 --active 10 --link lan" in shown
    assert "netem" in shown
