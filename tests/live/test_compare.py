"""Two recordings of this machine's kernel, compared as a user would."""

from __future__ import annotations

import json
import os
import pty
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.live.running import ROOT, TRACER, tracer

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def traces(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return a trace of poll and one of epoll, of 23 rounds on 41 fds."""
    return recorded(tmp_path_factory.mktemp("traces"))


def recorded(there: Path) -> tuple[Path, Path]:
    for model in ("poll", "epoll"):
        line = ("--model", model, "--fds", "41", "--rounds", "23")
        done = tracer("record", "-o", there / f"{model}.trace", *line)
        assert done.returncode == 0, done.stderr
    return there / "poll.trace", there / "epoll.trace"


def rows(answer: dict[str, Any]) -> dict[tuple[str | None, str | None, str], dict[str, Any]]:
    """Return the rows of the first phase by families and metric."""
    of_phase = [row for row in answer["rows"] if row["phase_a"] == 1]
    return {(row["family_a"], row["family_b"], row["metric"]): row for row in of_phase}


def test_two_models(traces: tuple[Path, Path], tmp_path: Path) -> None:
    done = tracer("compare", *traces, "--json", tmp_path / "x.json")
    assert (done.returncode, done.stderr) == (0, "")
    assert "\x1b" not in done.stdout
    assert "poll-n41-last of A | epoll-n41-last of B, by their order" in done.stdout
    answer = json.loads((tmp_path / "x.json").read_text())
    assert (answer["a"]["doubts"], answer["b"]["doubts"]) == ([], [])
    found = rows(answer)
    assert found["poll", "epoll_wait", "calls"]["outcome"] == "same"
    assert found["poll", "epoll_wait", "calls"]["a"]["median"] == 23
    assert found[None, "epoll_ctl", "calls"]["difference"] == 41
    time = found["poll", "epoll_wait", "kernel_ns"]
    assert time["a"]["count"] == time["b"]["count"] == 23
    assert 0 < time["a"]["least"] <= time["a"]["lower"] <= time["a"]["median"]


def test_what_this_kernel_refuses_is_missing_with_its_reason(
    traces: tuple[Path, Path], tmp_path: Path
) -> None:
    tracer("compare", *traces, "--json", tmp_path / "x.json")
    answer = json.loads((tmp_path / "x.json").read_text())
    fd_polls = rows(answer)["poll", "epoll_wait", "fd_polls"]
    hook = answer["a"]["hooks"]["sock_poll"]
    if hook["attached"]:
        assert (fd_polls["a"]["median"], fd_polls["b"]["median"]) == (41, 1)
    else:
        assert (fd_polls["outcome"], fd_polls["a"], fd_polls["b"]) == ("missing", None, None)
        assert hook["reason"].partition(": ")[2].split(";")[0] in fd_polls["because"]


def test_several_recordings_of_each(traces: tuple[Path, Path], tmp_path: Path) -> None:
    again = recorded(tmp_path)
    sides = (traces[0], again[0], "--against", traces[1], again[1])
    done = tracer("compare", *sides, "--who", "python3", "--json", tmp_path / "x.json")
    assert (done.returncode, done.stderr) == (0, "")
    answer = json.loads((tmp_path / "x.json").read_text())
    assert [len(answer["recordings"][side]) for side in "ab"] == [2, 2]
    found = rows(answer)
    waits = found["poll", "epoll_wait", "calls"]
    assert (waits["medians_a"], waits["medians_b"], waits["outcome"]) == (
        [23] * 2,
        [23] * 2,
        "same",
    )
    assert len(found["poll", "epoll_wait", "kernel_ns"]["medians_a"]) == 2
    per_event = found["all", "all", "calls_per_event"]
    for side in "ab":
        calls = [row[f"medians_{side}"] for (*_, metric), row in found.items() if metric == "calls"]
        assert per_event[f"medians_{side}"] == pytest.approx(
            [sum(each[n] for each in calls) / 23 for n in range(2)]
        )
    (unused,) = (each for each in answer["findings"] if each["rule"] == "unused-fds")
    assert (unused["change"], unused["a"]["found_in"], unused["b"]["found_in"]) == ("came", 0, 2)


def test_a_trace_beside_itself(traces: tuple[Path, Path]) -> None:
    done = tracer("compare", traces[0], traces[0], "--all")
    assert done.returncode == 0
    assert " that differ " not in done.stdout
    assert "recorded" in done.stdout


def test_colour_on_a_terminal_only(traces: tuple[Path, Path]) -> None:
    assert "\x1b[1;33mdiffers" in on_a_terminal(traces, {"TERM": "xterm"})
    assert "\x1b" not in on_a_terminal(traces, {"TERM": "xterm", "NO_COLOR": "1"})


def on_a_terminal(traces: tuple[Path, Path], environment: dict[str, str]) -> str:
    """Return what is shown on a terminal."""
    ours, terminal = pty.openpty()
    kept = {name: value for name, value in os.environ.items() if "COLOR" not in name}
    line = [*TRACER, "compare", *map(str, traces)]
    with subprocess.Popen(line, stdout=terminal, env=kept | environment, cwd=ROOT) as running:
        os.close(terminal)
        shown = b"".join(iter(lambda: _more(ours), b""))
    os.close(ours)
    assert running.returncode == 0
    return shown.decode()


def _more(ours: int) -> bytes:
    """Read from a terminal; once nobody can write to it, that gives EIO."""
    try:
        return os.read(ours, 65536)
    except OSError:
        return b""
