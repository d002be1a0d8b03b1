"""A trace in Python: its frames, what their columns mean, its timeline; what a notebook shows."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest

import tracer
from tests.analysis.handmade import Maker
from tracer.shared.errors import TraceError, UsageError
from tracer.shared.message import use

EPOLL = Path(__file__).parents[1] / "traces" / "epoll.trace"


@pytest.fixture(scope="module")
def trace():
    return tracer.read(EPOLL)


def test_every_column_of_the_frames_is_documented(trace):
    calls, steps = trace.columns("calls"), trace.columns("steps")
    assert set(trace.calls.columns) <= set(calls.index)
    assert set(trace.steps.columns) <= set(steps.index)
    assert calls.loc["kernel_ns", "unit"] == "ns"
    assert (calls["meaning"] != "").all()


def test_columns_of_something_else(trace):
    with pytest.raises(UsageError, match="nearest: calls"):
        trace.columns("call")


def test_metrics_are_the_sums_of_the_calls(trace):
    waits = trace.metrics.set_index("family").loc["epoll_wait", "calls"]
    assert waits.sum() == (trace.calls["family"] == "epoll_wait").sum() > 0


def test_a_complete_trace_has_no_doubts(trace):
    assert trace.doubts == []


def test_losses_are_doubts(tmp_path):
    maker = Maker()
    maker.manifest["losses"]["steps"] = 7
    (doubt, *_) = tracer.read(maker.write(tmp_path / "x.trace")).doubts
    assert "7" in doubt


def test_it_says_what_report_says(trace):
    assert "epoll_wait" in str(trace)
    assert repr(trace).startswith("<Trace epoll.trace: ")


def test_a_notebook_shows_its_sums(trace):
    shown = trace._repr_html_()
    assert "<strong>epoll.trace</strong> · losses: none" in shown
    assert "<td>epoll_wait</td>" in shown


def test_a_notebook_shows_it_in_chinese(trace):
    use("zh_CN")
    assert "丢失" in trace._repr_html_()


def test_a_name_cannot_write_into_a_notebook(tmp_path):
    maker = Maker()
    maker.manifest["command"] = ["<script>alert(1)</script>"]
    shown = tracer.read(maker.write(tmp_path / "x.trace"))._repr_html_()
    assert "<script" not in shown
    assert "&lt;script" in shown


def test_moments_are_in_order_of_time(trace):
    moments = trace.timeline().moments
    assert moments["after_ns"].is_monotonic_increasing
    assert {"waiter", "waker"} >= set(moments["side"])
    assert (moments["words"] != "").all()


def test_a_timeline_is_a_page_in_a_frame_that_runs_nothing(trace):
    shown = trace.timeline()._repr_html_()
    (page,) = re.findall(r'srcdoc="([^"]*)"></iframe>', shown)
    assert shown.startswith('<iframe sandbox="" ')
    assert html.unescape(page).startswith("<!doctype html>")
    assert "calls epoll_wait" in page


def test_a_trace_without_steps_has_no_timeline(tmp_path):
    maker = Maker()
    maker.manifest["detail"] = "calls"
    with pytest.raises(TraceError):
        tracer.read(maker.write(tmp_path / "x.trace")).timeline()


def test_no_trace(tmp_path):
    with pytest.raises(TraceError):
        tracer.read(tmp_path)
