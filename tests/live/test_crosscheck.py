"""Natively and in the lab, all instruments count the same."""

from __future__ import annotations

import json

import pytest

from tracer.cli import main
from tracer.commands.crosscheck import compare
from tracer.crosscheck.counting import BCC, CORE, KPROBE
from tracer.lab.releases import DEFAULT

pytestmark = pytest.mark.live

SILENT = {"__put_user_nocheck_2"}
"""Attached on the default kernel, but never hit: poll stores its results inline."""


def test_natively_the_tracepoints_agree(tmp_path, capsys):
    file = tmp_path / "counts.json"
    assert main(["crosscheck", "--json", str(file)]) == 0
    counts = json.loads(file.read_text())["counts"]
    agreed = {found.hook for found in compare(counts) if found.agrees}
    assert {"sys_enter", "sys_exit", "sched_process_fork", "sched_process_exit"} <= agreed
    assert not [count["error"] for count in counts.values() if count["error"]]
    assert "none differs" in capsys.readouterr().out


@pytest.mark.lab
def test_in_the_lab_trampolines_kprobes_bcc_and_bpftrace_agree(tmp_path):
    """Kprobes stand in for all trampolines at once, and count the same."""
    file = tmp_path / "counts.json"
    assert main(["crosscheck", "--kernel", DEFAULT, "--json", str(file)]) == 0
    counts = json.loads(file.read_text())["counts"]
    assert counts[CORE]["attached"]["sock_poll"] == "fexit:sock_poll"
    assert counts[KPROBE]["attached"]["sock_poll"] == "kprobe:sock_poll"
    assert counts[KPROBE]["attached"]["ep_poll"] == "kprobe:do_epoll_wait", "encloses ep_poll()"
    assert "kprobe:_copy_from_user" in counts[BCC]["why_not"]["_copy_from_user"]
    assert counts[CORE]["misses"]["sock_poll"] == 0
    assert counts[KPROBE]["misses"]["sock_poll"] is None, "6.1 skips kprobes in silence"
    assert {hook for hook, hits in counts[CORE]["hits"].items() if not hits} == SILENT
    for hook, hits in counts[CORE]["hits"].items():
        found = next(row for row in compare(counts) if row.hook == hook)
        assert found.agrees is not False, found
        if hook in {"sock_poll", "__pollwait", "add_wait_queue", "ep_poll_callback", "pollwake"}:
            assert found.numbers == dict.fromkeys(counts, hits)
            assert hits > 0
