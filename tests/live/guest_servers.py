"""Real servers in a guest, attached to while they serve, with bpftrace beside.

``python3 -S -E guest_servers.py SHARE`` starts NAMES, attaches to them all, drives each, and leaves
the trace as ``SHARE/servers.trace``; ``SHARE/servers.json`` has their pids and ports, and how often
bpftrace saw ``ep_poll_callback`` run for each epoll instance of the guest, by address. Standard
library only.
"""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[2])

from tests.bench.bpftrace import BPFTRACE_READY, bpftrace_script
from tests.bench.bpftrace import wait_for as wait_for_words
from tests.live.running import records
from tests.servers import loads
from tests.servers.servers import Running
from tests.waiting import PATIENCE_S, asleep_at_once, wait_for

NAMES = ("redis", "nginx", "memcached", "haproxy", "asyncio", "caddy")
ROOT = Path(__file__).resolve().parents[2]
HERE = Path("/tmp/servers")  # noqa: S108 -- the guest's own tmpfs
REQUESTS = 53
"""Requests per load: fewer than natively, since an emulated processor is slow."""
QUIET_S = 2
"""By then the last request has been served and written, unless somebody is still at work."""
CALLBACKS = """
kprobe:ep_poll_callback {
  $item = *(uint64 *)(arg0 - 8);
  @[((struct epitem *)$item)->ep] = count();
}
"""
"""The entry is the ``wait`` of a struct eppoll_entry, whose ``base`` before it is the item."""


def main(share: Path) -> None:
    """Start the servers, count and record them, end them."""
    loads.REQUESTS = REQUESTS
    HERE.mkdir(mode=0o755)
    servers = [Running(name, HERE / name) for name in NAMES]
    pids = {server.name: server.pids for server in servers}
    script = bpftrace_script([CALLBACKS], "s:1")
    counter = subprocess.Popen(
        ["bpftrace", "-B", "line", "-e", script], stdout=subprocess.PIPE, text=True
    )
    assert counter.stdout
    assert wait_for_words(BPFTRACE_READY, counter.stdout), "it ended before it was attached"
    together = ",".join(str(pid) for each in pids.values() for pid in each)
    recorder = subprocess.Popen(
        [sys.executable, "-S", "-E", "-m", "tracer.cli", "record", "-p", together,
         "--detail", "steps", "-o", str(HERE / "x.trace")], cwd=ROOT,
    )  # fmt: skip
    wait_for(lambda: records(HERE / "x.trace"))
    for server in servers:
        print("drives", server.name, file=sys.stderr, flush=True)
        server.load()
    time.sleep(QUIET_S)
    wait_for(lambda: asleep_at_once(*(pid for each in pids.values() for pid in each)))
    recorder.send_signal(signal.SIGINT)
    status = recorder.wait(PATIENCE_S)
    counter.send_signal(signal.SIGINT)
    said, _ = counter.communicate(timeout=PATIENCE_S)
    found = re.findall(r"@\[(-?\w+)\]: (\d+)", said)
    counted = {str(int(address, 0) % 2**64): int(count) for address, count in found}
    ports = {server.name: server.port for server in servers}
    answer = {"pids": pids, "ports": ports, "status": status, "callbacks": counted}
    (share / "servers.json").write_text(json.dumps(answer))
    shutil.copytree(HERE / "x.trace", share / "servers.trace")
    for server in servers:
        server.stop()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
