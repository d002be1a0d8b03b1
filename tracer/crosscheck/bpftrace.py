"""Counts attach points with bpftrace, an instrument that shares no code with ours.

Standard library only: guests run it.
"""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from tracer.shared.errors import KernelError
from tracer.shared.message import message
from tracer.shared.packages import install

_READY: Final = ("first", "last")
"""Printed by a script's first and last probe once they are attached; BEGIN would not do, since it
runs before the others are attached.
"""
_END_S: Final = 120.0
_COUNT: Final = re.compile(r"^@n\[(\d+)\]: (\d+)$", re.MULTILINE)
_GROUPS: Final = {
    "sys_enter": "raw_syscalls", "sys_exit": "raw_syscalls", "signal_deliver": "signal",
    "task_rename": "task",
}  # fmt: skip
"""Tracepoints' groups; the other tracepoints that we attach to are in ``sched``."""
_TRACED: Final = "/@traced[tid]/"
_OWN_ENTRY: Final = "@entry[arg0]"
_OWN_SLEEPER: Final = (
    "@traced[((struct task_struct *)((struct wait_queue_entry *)arg0)->private)->pid]"
)
_ONLY_IF: Final = {
    "__check_object_size": "arg2 & 1",
    "pollwake": _OWN_ENTRY,
    "ep_poll_callback": _OWN_ENTRY,
    "ep_autoremove_wake_function": _OWN_SLEEPER,
    "woken_wake_function": _OWN_SLEEPER,
    "autoremove_wake_function": _OWN_SLEEPER,
    "receiver_wake_function": _OWN_SLEEPER,
    "aio_poll_wake": _OWN_ENTRY,
    "io_poll_wake": _OWN_ENTRY,
    "default_wake_function": (
        f"{_OWN_SLEEPER} && !@polling[cpu] && "
        '(uint64)((struct wait_queue_entry *)arg0)->func == kaddr("default_wake_function")'
    ),
}
"""Hooks that count only copies out, or only callbacks on entries of traced tasks; a traced task
also runs callbacks on entries of others, of bpftrace's own epoll for one."""
_END: Final = "END { clear(@traced); clear(@entry); clear(@polling); }"
_POLLING: Final = (
    "kprobe:pollwake { @polling[cpu] = 1; }",
    "kretprobe:pollwake { delete(@polling[cpu]); }",
)
"""Other wake functions end in default_wake_function() with the same entry, which identifies its
owner; pollwake() ends in it with an entry of its own (6.1: fs/select.c __pollwake()).
"""
_ADDS: Final = ("add_wait_queue", "add_wait_queue_exclusive")
_FOLLOW: Final = (
    f"tracepoint:sched:sched_process_fork {_TRACED} {{ @traced[args->child_pid] = 1; }}"
)
_FORGET: Final = f"tracepoint:sched:sched_process_exit {_TRACED} {{ delete(@traced[tid]); }}"


def count(
    points: Mapping[str, str], run: Callable[[Callable[[int], object]], None]
) -> dict[str, int]:
    """Count how often a process and its children hit each of ``points``.

    Args:
        points: hook → ``kprobe:SYMBOL`` or ``raw_tp:NAME``.
        run: is given a function; it starts a process, calls the function with its pid while the
        process waits, and lets it run to its end.

    Raises:
        KernelError: there is no bpftrace, or it refuses a probe.
    """
    processes: list[subprocess.Popen[str]] = []
    try:
        run(lambda pid: processes.append(_start(_script(points, pid))))
        processes[0].send_signal(signal.SIGINT)
        words, _ = processes[0].communicate(timeout=_END_S)
    except subprocess.TimeoutExpired as error:
        raise KernelError(
            message("bpftrace did not end within {seconds:g} s", seconds=_END_S)
        ) from error
    finally:
        for process in processes:
            _kill(process)
    counted = {int(number): int(n) for number, n in _COUNT.findall(words)}
    return {hook: counted.get(number, 0) for number, hook in enumerate(points)}


def _script(points: Mapping[str, str], pid: int) -> str:
    counting = []
    for number, (hook, point) in enumerate(points.items()):
        only_if = f"/@traced[tid] && {_ONLY_IF[hook]}/" if hook in _ONLY_IF else _TRACED
        also = " @entry[arg1] = 1;" if hook in _ADDS else ""
        counting.append(f"{_probe(point)} {only_if} {{ @n[{number}] = count();{also} }}")
    first, last = (f'interval:s:1 {{ printf("{word}\\n"); }}' for word in _READY)
    begin = f"BEGIN {{ @traced[{pid}] = 1; @entry[0] = 1; @polling[cpu] = 0; }}"
    polling = _POLLING if "default_wake_function" in points else ()
    return " ".join([begin, first, *polling, *counting, _FOLLOW, _FORGET, last, _END])


def _probe(point: str) -> str:
    kind, _, symbol = point.partition(":")
    return point if kind == "kprobe" else f"tracepoint:{_GROUPS.get(symbol, 'sched')}:{symbol}"


def _start(script: str) -> subprocess.Popen[str]:
    if shutil.which("bpftrace") is None:
        raise KernelError(
            message("bpftrace was not found; run: {command}", command=install("bpftrace"))
        )
    process = subprocess.Popen(
        [*_with_tracefs(), "bpftrace", "-e", script],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout
    assert process.stderr
    awaited = set(_READY)
    for line in process.stdout:
        awaited.discard(line.strip())
        if not awaited:
            return process
    words = re.sub(r"[\s~]+", " ", process.stderr.read())
    _kill(process)
    raise KernelError(message("bpftrace did not start: {words}", words=words[-500:].strip()))


def _kill(process: subprocess.Popen[str]) -> None:
    with process:
        process.kill()


def _with_tracefs() -> list[str]:
    """Mount tracefs, where bpftrace looks functions up, if it is not mounted."""
    if Path("/sys/kernel/tracing/events").exists():
        return []
    mount = 'mount -t tracefs tracefs /sys/kernel/tracing && exec "$@"'
    return ["unshare", "--mount", "sh", "-c", mount, "sh"]
