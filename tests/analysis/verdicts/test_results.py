from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from analysis.frames import read_trace
from analysis.packs import OURS
from analysis.page.run_files import write_reports
from analysis.page.verdicts import verdicts_html
from analysis.verdicts.engine import Decision, decide_kernel, undecided
from analysis.verdicts.results import KernelResult, to_json
from tests.analysis import scenes
from tests.analysis.handmade import Maker

EVIL = '<script>alert("&")</script>'


@pytest.fixture
def results(tmp_path: Path) -> tuple[KernelResult, ...]:
    maker = Maker()
    scenes.blocking(maker)
    scenes.nonblocking(maker)
    trace = read_trace(maker.write(tmp_path / "waits.trace"))
    lab = decide_kernel(OURS, {"waits": [trace], "mux": ["the guest hung"]})
    claim = replace(OURS[0], id="of-my-own", statement=EVIL)
    host = (*decide_kernel(OURS[:1], {"waits": [trace]}), Decision(claim, undecided(EVIL)))
    return KernelResult("6.1.0-56-amd64", "lab", lab), KernelResult("6.18.5", "host", host)


def test_json_schema(results: tuple[KernelResult, ...]) -> None:
    found = to_json(results)
    assert set(found) == {"schema", "kernels"}
    assert found["schema"] == 1
    assert [(each["release"], each["where"]) for each in found["kernels"]] == [
        ("6.1.0-56-amd64", "lab"), ("6.18.5", "host"),
    ]  # fmt: skip
    for claim in found["kernels"][0]["claims"]:
        assert list(claim) == [
            "id", "verdict", "statement", "answer", "finding", "evidence", "undecided_because",
        ]  # fmt: skip
        for each in claim["evidence"]:
            assert list(each) == ["metric", "value", "unit", "experiment"]
            assert each["experiment"] == "waits"
    assert json.loads(json.dumps(found)) == found


def test_claims_without_a_trace_say_so(results: tuple[KernelResult, ...]) -> None:
    by_id = {each["id"]: each for each in to_json(results)["kernels"][0]["claims"]}
    assert by_id["blocking-waits"]["verdict"] == "supported"
    assert by_id["blocking-waits"]["undecided_because"] is None
    assert by_id["mux-one-call"]["verdict"] == "undecided"
    assert (
        by_id["mux-one-call"]["undecided_because"] == "no trace of experiment mux: the guest hung"
    )
    assert by_id["epoll-mmap"]["undecided_because"] == (
        "no trace of experiment epoll-life: it was not recorded"
    )


def test_files(results: tuple[KernelResult, ...], tmp_path: Path) -> None:
    as_json, as_html = write_reports(tmp_path / "new" / "verdicts", results)
    assert json.loads(as_json.read_text("utf-8")) == to_json(results)
    assert as_html.read_text("utf-8") == verdicts_html(results)
    assert {as_json.name, as_html.name} == {"verdicts.json", "verdicts.html"}
