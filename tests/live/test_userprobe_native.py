"""Users' probes on this kernel: one on a raw tracepoint, and impossible ones."""

from __future__ import annotations

import json
import re

import pytest

from analysis.frames import read_trace
from tracer.cli import main
from tracer.shared.records import StepKind

pytestmark = pytest.mark.live

FREED = """\
int raw_tracepoint__consume_skb(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_state *s = in_call(HOOK);

	user_step(s, HOOK, ctx->args[0], -1, 7);
	return 0;
}
"""


def record(tmp_path, text, name="frees.c"):
    (tmp_path / name).write_text(text)
    return main([
        "record", "--probe", str(tmp_path / name), "--model", "epoll", "--waker", "while-asleep",
        "--rounds", "5", "-o", str(tmp_path / "t.trace"),
    ])  # fmt: skip


def test_steps_land_under_the_hooks_own_name(tmp_path):
    assert record(tmp_path, FREED) == 0
    manifest = json.loads((tmp_path / "t.trace/manifest.json").read_text())
    (row,) = [row for row in manifest["plan"] if row["hook"] == "frees"]
    assert row["attached"] == "raw_tp:consume_skb"
    assert manifest["loader_because"] == "--probe is BCC source"
    assert manifest["misses"]["raw_tracepoint__consume_skb"] == 0
    steps = read_trace(tmp_path / "t.trace").steps
    own = steps[steps["hook_name"] == "frees"]
    assert 5 <= len(own) <= manifest["hits"]["frees"]
    assert set(own["kind"]) == {StepKind.USER}
    assert set(own["value"]) == {7}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("return 0;", "return 0", r"does not compile:\n.*/frees\.c:6:10: error: expected ';'"),
        ("in_call", "in_cal", r"frees\.c:3:25: error: implicit declaration of function 'in_cal'"),
        ("return 0;", "return s->pid;", r"frees\.c:1: raw_tracepoint__consume_skb is refused"),
        ("consume_skb", "no_such", r"frees\.c cannot be attached: .*No such file"),
    ],
)
def test_a_bad_probe_is_reported_and_nothing_recorded(old, new, said, tmp_path, capfd):
    assert record(tmp_path, FREED.replace(old, new)) == 1
    words = capfd.readouterr().err
    assert re.search(said, words), words
    assert "Traceback" not in words
    assert not (tmp_path / "t.trace").exists()
