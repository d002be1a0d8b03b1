"""A recorded command from its start: who answers the signals that ask it to end."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.waiting import wait_for
from tracer.bpf.tasks import Flags
from tracer.recording.started import Started
from tracer.recording.subject import AS_IT_IS
from tracer.shared.ending import ENDING


class NoTasks:
    """Stands for the map of traced tasks, which only the kernel can have."""

    def join_self(self, flags: Flags) -> None:
        self.flags = flags

    def tids(self) -> list[int]:
        return []

    def own_pid(self) -> int:
        return 0


@pytest.mark.parametrize(("how", "blocked"), [(None, set(ENDING)), (AS_IT_IS, set())])
def test_a_workload_starts_with_them_blocked_and_a_users_program_does_not(how, blocked, capfd):
    tasks: Any = NoTasks()
    command = Started(tasks, ["grep", "SigBlk", "/proc/self/status"], None, how, Flags(0))
    command.begin()
    wait_for(command.ended)
    mask = int(re.findall(r"[0-9a-f]{16}", capfd.readouterr().out)[0], 16)
    assert {number for number in ENDING if mask >> (number - 1) & 1} == blocked
