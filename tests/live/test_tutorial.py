"""docs/tutorial.md: its files and commands, as written there, and the answer that it gives."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import tracer
from tests.live.running import LAB_S

pytestmark = [pytest.mark.live, pytest.mark.lab]

TUTORIAL = Path(__file__).resolve().parents[2] / "docs" / "tutorial.md"
BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ANSWER = re.compile(r"(\w+): (\d+) fds polled, (\d+) entries queued")


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """Do what the tutorial says, in order; return the directory, and what each command printed."""
    at = tmp_path_factory.mktemp("tutorial")
    programs = Path(sys.executable).parent  # tracer and its own Python, whatever else is on PATH
    environment = os.environ | {"PATH": f"{programs}:/usr/sbin:/usr/bin:/sbin:/bin"}
    printed = {}
    for kind, name, text in BLOCK.findall(TUTORIAL.read_text("utf-8")):
        if kind == "python":
            (at / name).write_text(text)
        elif kind == "sh":
            done = subprocess.run(
                ["sh", "-c", text], cwd=at, env=environment, capture_output=True, text=True,
                timeout=LAB_S, check=False,
            )  # fmt: skip
            assert done.returncode == 0, (text, done.stderr)
            printed[text.strip()] = done.stdout
    return at, printed


def test_nothing_was_lost(followed):
    at, _ = followed
    for name in ("epoll.trace", "poll.trace"):
        losses = tracer.read(at / name).manifest.losses
        assert losses
        assert not any(losses.values())


def test_the_answer_is_the_one_that_is_printed(followed):
    _, printed = followed
    stated = {family: (polls, queued) for family, polls, queued in ANSWER.findall(_stated())}
    found = {family: (p, q) for family, p, q in ANSWER.findall(printed["python3 answer.py"])}
    assert found == stated


def test_the_client_runs_the_callback_that_wakes_the_server(followed):
    _, printed = followed
    lines = printed["tracer explain epoll.trace"].splitlines()
    callbacks = [line for line in lines if "ep_poll_callback" in line]
    assert callbacks  # as many as clients connect before the server runs again
    assert all(line.startswith(" waker ") for line in callbacks)


def _stated() -> str:
    (block,) = (
        text for kind, _, text in BLOCK.findall(TUTORIAL.read_text("utf-8")) if kind == "text"
    )
    return block
