"""A real Dask scheduler and worker processes on loopback: the report equals that of one process."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from analysis.fleet.as_json import to_json
from analysis.fleet.cluster import cluster
from analysis.fleet.engine import OneProcess, fleet_of
from analysis.fleet.gather import TraceDirectory
from analysis.fleet.summary import summary_of
from tests.analysis.fleet.test_fleet import hosts
from tests.waiting import PATIENCE_S, wait_for
from tracer import cli
from tracer.shared.errors import TracerError
from tracer.shared.version import VERSION

ROOT = Path(__file__).resolve().parents[3]
TRACES = 8
LACKS = """
import importlib.metadata as metadata, runpy, sys
def version(name, real=metadata.version):
    if name == "tracer":
        raise metadata.PackageNotFoundError(name)
    return real(name)
metadata.version = version
runpy.run_module("dask", run_name="__main__", alter_sys=True)
"""
"""A worker that reports that tracer is not installed."""
CANNOT = """
import runpy, sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("analysis", "tracer"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Absent())
runpy.run_module("dask", run_name="__main__", alter_sys=True)
"""
"""A worker without any part of tracer."""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("default"),  # what Dask's threads leave open is not ours
]


class Processes:
    """A scheduler and workers started for this test."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.file = directory / "scheduler.json"
        self.all: list[subprocess.Popen[bytes]] = []
        self.address = ""

    def begin(self) -> None:
        """Start the scheduler, and wait until it has written where it is."""
        self.start("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
        self.address = wait_for(self._written)["address"]

    def _written(self) -> dict[str, Any]:
        with suppress(FileNotFoundError, json.JSONDecodeError):  # half of it is written
            found: dict[str, Any] = json.loads(self.file.read_text())
            return found
        return {}

    def start(self, *words: str, how: tuple[str, ...] = ("-m", "dask")) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, *how, *words, "--scheduler-file", str(self.file)],
            cwd=self.directory,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.all.append(process)
        return process

    def worker(self, how: tuple[str, ...] = ("-m", "dask")) -> subprocess.Popen[bytes]:
        words = ("worker", "--host", "127.0.0.1", "--nthreads", "1", "--no-nanny", "--no-dashboard")
        return self.start(*words, how=how)


@pytest.fixture
def processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Processes]:
    monkeypatch.setattr("analysis.fleet.cluster.PATIENCE_S", PATIENCE_S)
    directory = tmp_path / "dask"
    directory.mkdir()
    found = Processes(directory)
    try:
        found.begin()
        yield found
    finally:
        for process in reversed(found.all):
            process.kill()
            process.wait()


def test_a_killed_worker_loses_nothing(tmp_path: Path, processes: Processes) -> None:
    sources = hosts(tmp_path, TRACES)
    one = fleet_of(sources, OneProcess())
    first, _ = processes.worker(), processes.worker()
    done: list[int] = []

    def progress(number: int, _: int) -> None:
        done.append(number)
        if number == 1:
            first.kill()

    with cluster(processes.address, TRACES) as engine:
        engine.client.wait_for_workers(2, timeout=PATIENCE_S)
        many = fleet_of(sources, engine, progress)
        wait_for(lambda: len(engine.client.scheduler_info()["workers"]) == 1)
    assert done == list(range(1, TRACES + 1))
    assert to_json(summary_of(many)) == to_json(summary_of(one))


def test_results_that_died_with_their_worker_are_made_again(
    tmp_path: Path, processes: Processes
) -> None:
    sources = hosts(tmp_path, TRACES)
    first, _ = processes.worker(), processes.worker()
    with cluster(processes.address, TRACES) as engine:
        engine.client.wait_for_workers(2, timeout=PATIENCE_S)

        def progress(number: int, _: int) -> None:
            if number == 1:
                wait_for(lambda: not any(engine.client.processing().values()))
                first.kill()

        many = fleet_of(sources, engine, progress)
    assert to_json(summary_of(many)) == to_json(summary_of(fleet_of(sources, OneProcess())))


def test_a_worker_without_the_package_is_named(processes: Processes) -> None:
    processes.worker()
    processes.worker(how=("-c", LACKS))
    deadline = time.monotonic() + PATIENCE_S
    while True:  # the second one comes when it does
        try:
            with cluster(processes.address, 1):
                assert time.monotonic() < deadline
        except TracerError as error:
            said = str(error)
            break
    assert said.startswith("workers without tracer ")
    assert said.count("tcp://127.0.0.1:") == 1
    assert ": not installed; install it there, or stop them" in said


def test_a_worker_without_the_package_that_joins_later_is_reported(
    tmp_path: Path, processes: Processes
) -> None:
    first = processes.worker()
    sources = hosts(tmp_path, 2)
    with cluster(processes.address, 2) as engine:
        processes.worker(how=("-c", CANNOT))
        engine.client.wait_for_workers(2, timeout=PATIENCE_S)
        first.kill()
        fleet = fleet_of(sources, engine)
    assert [each.because.partition(": ")[2] for each in fleet.unread] == [
        f"a worker has no analysis; install tracer {VERSION} there, or stop it"
    ] * 2


def test_the_command_on_this_machine(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = [str(source.path) for source in hosts(tmp_path, 2)] + [str(tmp_path / "none.trace")]
    found: list[tuple[int, dict[str, Any], str]] = []
    for engine in ("single", "dask"):
        file = tmp_path / f"{engine}.json"
        words = ["--engine", engine, "--json", str(file)]
        if engine == "dask":
            done = subprocess.run(
                [sys.executable, "-m", "tracer.cli", "report", *paths, *words],
                cwd=ROOT, capture_output=True, text=True, check=False, timeout=300,
            )  # fmt: skip
            code, out = done.returncode, done.stdout
            assert "Traceback" not in done.stderr
        else:
            code = cli.main(["report", *paths, *words])
            out = capsys.readouterr().out
        found.append((code, json.loads(file.read_text()), out))
    assert found[0] == found[1]
    assert found[0][0] == 1


def test_nobody_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("analysis.fleet.cluster.PATIENCE_S", 1)
    with (
        pytest.raises(TracerError, match=r"no Dask scheduler with a worker at tcp://127.0.0.1:1"),
        cluster("tcp://127.0.0.1:1", 1),
    ):
        pass


def test_sources_and_results_are_pickled() -> None:
    fleet = fleet_of([TraceDirectory(ROOT / "none.trace")], OneProcess())
    again = pickle.loads(pickle.dumps(fleet))  # noqa: S301 -- our own
    assert again == fleet
    assert again.unread[0].because.template == fleet.unread[0].because.template
