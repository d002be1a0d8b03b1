"""docs/report.schema.json describes a report as JSON correctly and completely."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from analysis.frames import Trace, read_trace
from analysis.looptime.loops import BY
from analysis.looptime.loops_text import loops_json
from analysis.report.as_json import to_json
from tests.analysis import epoll_scenes
from tests.analysis.findings.cases import CASES
from tests.analysis.handmade import Maker
from tracer import cli

SLOW = pytest.mark.slow
ROOT = Path(__file__).parents[3]
SCHEMA = json.loads((ROOT / "docs/report.schema.json").read_text())


def closed(schema: Any) -> Any:
    """Return ``schema`` changed to allow only the keys that it names."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {name: closed(each) for name, each in schema.items()}
    return inner | {"additionalProperties": False} if "properties" in schema else inner


def held(report: dict[str, Any]) -> None:
    jsonschema_rs.Draft202012Validator(closed(SCHEMA)).validate(json.loads(json.dumps(report)))


def handmade(path: Path, **made: Any) -> Trace:
    maker = Maker(**made)
    epoll_scenes.epoll(maker, asleep=True)
    for case in CASES.values():
        case.faulty(maker)
    maker.observe(7, "tcp", local="127.0.0.1:80", state="LISTEN")
    return read_trace(maker.write(path / "x.trace"))


@pytest.fixture(
    scope="module",
    params=[{}, pytest.param({"sched_waking": "EPERM", "sched_switch": "EPERM"}, marks=SLOW)],
    ids=["all hooks", "no scheduler's"],
)
def trace(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Trace:
    return handmade(tmp_path_factory.mktemp("report"), detached=request.param)


@pytest.fixture(scope="module")
def report(trace: Trace) -> dict[str, Any]:
    return to_json(trace)


def test_the_schema_is_one() -> None:
    jsonschema_rs.meta.validate(SCHEMA)


@pytest.mark.parametrize("name", ["calls", "command", "epoll", "mux", "waiters"])
def test_reports_of_recorded_traces(name: str) -> None:
    held(to_json(read_trace(ROOT / "tests/traces" / f"{name}.trace")))


@pytest.mark.parametrize("by", BY)
def test_a_report_with_findings(trace: Trace, report: dict[str, Any], by: str) -> None:
    report = report | {"loops": loops_json(trace, by)}
    held(report)
    assert report["findings"]["findings"]
    assert report["loops"]["rows"]


def test_a_report_on_what_was_lost_and_nothing(tmp_path: Path) -> None:
    maker = Maker()
    counted = {"at_ns": 1 << 33, "losses": {"calls": 1}, "misses": {"x": None}, "records": {}}
    maker.manifest |= {"losses": None, "state": "interrupted", "so_far": counted}
    held(to_json(read_trace(maker.write(tmp_path / "x.trace"))))


def test_what_the_command_writes(tmp_path: Path) -> None:
    handmade(tmp_path)
    path = tmp_path / "x.json"
    assert cli.main(["report", str(tmp_path / "x.trace"), "--by", "fd", "--json", str(path)]) == 0
    held(json.loads(path.read_text()))


@pytest.mark.parametrize(
    ("key", "value"), [("schema", 2), ("rows", None), ("truncated_bytes", -1), ("state", "done")]
)
def test_another_report_is_refused(report: dict[str, Any], key: str, value: object) -> None:
    report = report | {key: value}
    with pytest.raises(jsonschema_rs.ValidationError):
        held(report)


def test_the_page_has_each_key() -> None:
    page = (ROOT / "docs/report-json.md").read_text()
    assert [line.split("`")[1] for line in page.splitlines() if line.startswith("| `")] == list(
        SCHEMA["properties"]
    )
