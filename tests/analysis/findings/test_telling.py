"""Findings as people read them, and as programs do."""

from __future__ import annotations

import json
from pathlib import Path

from analysis.findings import as_json
from analysis.findings.examine import Examination, examine
from analysis.findings.rule import Facts
from analysis.findings.telling import not_judged, section, summary_lines
from analysis.frames import Trace, read_trace
from tests.analysis.findings.cases import CASES
from tests.analysis.handmade import WAITER, Maker
from tracer.shared.message import localized, use


def examined(path: Path, *rules: str, **made: str) -> tuple[Trace, Examination]:
    maker = Maker(**made)
    maker.task(WAITER, "server")
    for rule in rules:
        CASES[rule].faulty(maker)
    trace = read_trace(maker.write(path / "x.trace"))
    return trace, examine(trace)


def test_the_first_lines_are_the_findings_that_took_longest(tmp_path: Path) -> None:
    _, found = examined(tmp_path, "busy-poll", "held-up", "epoll-ctl-fails", "empty-reads")
    first, *rest = summary_lines(found)
    assert first.startswith("server (71): its main thread was held up 22 times for 10 ms")
    assert "long calls: fsync 460 ms in 23" in first
    assert len(rest) == 3
    assert rest[-1].endswith(" more findings are listed below")


def test_a_thread_is_named_unless_it_is_the_main_one() -> None:
    facts = Facts(programs={71: "server"}, threads={71: "server", 72: "worker"})
    assert facts.thread(71, 71) == "its main thread"
    assert facts.thread(71, 72) == "thread 72 (worker)"
    assert facts.thread(71, 73) == "thread 73 (?)"


def test_nothing_wrong_is_reported(tmp_path: Path) -> None:
    _, found = examined(tmp_path)
    assert summary_lines(found) == ["Nothing wrong was found; 19 rules were judged."]


def test_nothing_judged_is_not_nothing_wrong(tmp_path: Path) -> None:
    maker = Maker()
    maker.manifest["losses"]["calls"] = 7
    CASES["busy-poll"].faulty(maker)
    found = examine(read_trace(maker.write(tmp_path / "x.trace")))
    assert summary_lines(found) == ["What is wrong could not be judged: lost: 7 calls"]


def test_processes_of_one_program_are_one_line(tmp_path: Path) -> None:
    maker = Maker()
    for pid in (71, 72, 73):
        maker.task(pid, "worker")
        for _ in range(20 + pid):
            maker.call("poll", 0, timeout_ns=0, tid=pid)
    found = examine(read_trace(maker.write(tmp_path / "x.trace")))
    (line,) = summary_lines(found)
    assert line.startswith("worker (73): 93 of 93 waits found nothing")
    assert line.endswith("; the same holds for 2 more processes of it")


def test_the_section_has_reason_advice_and_a_command(tmp_path: Path) -> None:
    trace, found = examined(tmp_path, "busy-poll", detail="steps")
    text = "\n".join(section(found, trace, 200))
    assert "Busy polling: short waits that find nothing [busy-poll]" in text
    assert "\n  Why it matters: Each of these calls" in text
    assert "\n  What to change: Wait without a timeout" in text
    assert "\n  Example: tracer explain x.trace --call 71:1" in text


def test_a_trace_without_steps_does_not_promise_a_timeline(tmp_path: Path) -> None:
    trace, found = examined(tmp_path, "busy-poll")
    assert "in a recording with --detail steps" in "\n".join(section(found, trace, 200))


def test_what_could_not_be_judged_is_one_line(tmp_path: Path) -> None:
    _, found = examined(tmp_path, detail="steps", detached={"sched_waking": "EPERM"})
    assert not_judged(found) == "Not judged: late-wakeups, woken-in-vain (hooks are not attached)"


def test_in_chinese(tmp_path: Path) -> None:
    _, found = examined(tmp_path, "busy-poll")
    use("zh_CN")
    assert "23 次等待中有 23 次" in localized(summary_lines(found)[0])


def test_json_has_typed_numbers(tmp_path: Path) -> None:
    _, found = examined(tmp_path, "epoll-ctl-fails", detail="steps")
    raw = as_json.to_json(found)
    assert json.loads(json.dumps(raw)) == raw
    (finding,) = raw["findings"]
    assert (finding["rule"], finding["program"], finding["pid"]) == (
        "epoll-ctl-fails",
        "server",
        71,
    )
    assert finding["numbers"][1] == {"name": "EEXIST", "value": 7, "unit": "calls"}
    assert set(raw["judged"]) == set(CASES)


def test_what_is_behind_an_fd_is_shown(tmp_path: Path) -> None:
    maker = Maker()
    maker.task(WAITER, "server")
    CASES["left-unread"].faulty(maker)
    maker.observe(7, "tcp", local="127.0.0.1:80", state="LISTEN")
    found = examine(read_trace(maker.write(tmp_path / "x.trace")))
    (finding,) = found.findings
    assert finding.fd_name == "TCP 127.0.0.1:80 (LISTEN)"
    assert summary_lines(found)[0].endswith("; fd 7 is TCP 127.0.0.1:80 (LISTEN)")
    assert as_json.to_json(found)["findings"][0]["fd_name"] == "TCP 127.0.0.1:80 (LISTEN)"
