"""docs/export.md: its tables match the columns, and its examples are run as written."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from analysis.export.columns import CALLS, STEPS, markdown
from tests.analysis.export.scene import FDS, woken_poll
from tests.analysis.handmade import WAITER, Maker
from tracer import cli

TEXT = (Path(__file__).parents[2] / "docs" / "export.md").read_text()
COMMANDS = re.findall(r"^    (tracer export .*?)(?:  .*)?$", TEXT, re.MULTILINE)
EXAMPLES = dict(
    re.findall(r"^\*\*(\w+)\*\*:.*?```python\n(.*?)```", TEXT, re.MULTILINE | re.DOTALL)
)


@pytest.fixture
def _exported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the commands of the page, the last one in each form, on a hand-made trace."""
    maker = Maker(detail="steps")
    woken_poll(maker)
    maker.write(tmp_path / "poll.trace")
    monkeypatch.chdir(tmp_path)
    assert cli.main(shlex.split(COMMANDS[-1])[1:]) == 0


def run(name: str) -> dict[str, Any]:
    """Return the variables that an example defines."""
    names: dict[str, Any] = {}
    exec(EXAMPLES[name], names)  # noqa: S102 -- the page's own text is what is tested
    return names


@pytest.mark.parametrize("columns", [CALLS, STEPS])
def test_tables_are_the_columns(columns: tuple[Any, ...]) -> None:
    assert f"\n{markdown(columns)}\n" in TEXT


def test_each_command_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number, command in enumerate(COMMANDS):
        directory = tmp_path / str(number)
        Maker().write(directory / "poll.trace")
        monkeypatch.chdir(directory)
        assert cli.main(shlex.split(command)[1:]) == 0, command
    assert len(COMMANDS) == 5


def test_every_example_is_tested_here() -> None:
    assert set(EXAMPLES) == {"pandas", "DuckDB", "polars", "CSV"}
    assert TEXT.count("```python") == len(EXAMPLES)


@pytest.mark.usefixtures("_exported")
def test_pandas() -> None:
    cost = run("pandas")["cost"]
    assert cost.loc[("poll-1", "poll"), "fd_polls"] == 4
    assert cost.loc[("poll-1", "read"), "kernel_ns"] == 1000


@pytest.mark.usefixtures("_exported")
def test_duckdb() -> None:
    found = {
        (name, hook): (steps, fds) for name, hook, steps, fds in run("DuckDB")["where"].fetchall()
    }
    assert found["poll", "sock_poll"] == (4, list(FDS))
    assert found["poll", "remove_wait_queue"] == (2, list(FDS))
    assert found["write", "pollwake"][0] == 1


@pytest.mark.usefixtures("_exported")
def test_polars() -> None:
    assert run("polars")["late"].rows() == [(WAITER, 20)]


@pytest.mark.usefixtures("_exported")
def test_csv() -> None:
    assert run("CSV")["failed"].values.tolist() == [["read", 6, -11]]
