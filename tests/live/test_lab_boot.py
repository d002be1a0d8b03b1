"""One kernel, few boots: each takes 10 to 40 seconds under emulation."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.live.running import LAB_S
from tracer.lab import boot as lab
from tracer.lab.kernels import Kernel, fetch
from tracer.lab.releases import DEFAULT
from tracer.shared.errors import LabError, UsageError
from tracer.shared.ports import NOTES_PORT, STDERR_PORT, STDOUT_PORT

pytestmark = [pytest.mark.live, pytest.mark.lab]

BLOCK = bytes(range(256)) * 4096
"""1 MiB with every byte in it."""

GUEST = r"""
import hashlib, os, pathlib, sys
block = bytes(range(256)) * 4096
print(os.uname().release, flush=True)
print("größer ✓", flush=True)
print(repr(sys.argv[2:]), os.getcwd(), os.cpu_count(), flush=True)
print("to stderr", file=sys.stderr, flush=True)
open("/dev/stderr", "w").write("again\n")
pathlib.Path("/tmp/own").write_text("x")
pathlib.Path(sys.argv[1], "block").write_bytes(block)
(root,) = (line for line in pathlib.Path("/proc/mounts").open() if line.split()[1] == "/")
(pathlib.Path(sys.argv[1]) / "root").write_text(root)
ports = pathlib.Path("/sys/class/virtio-ports").glob("*/name")
(pathlib.Path(sys.argv[1]) / "ports").write_text("".join(port.read_text() for port in ports))
for _ in range(4):
    sys.stdout.buffer.write(block)
sys.stdout.flush()
sys.exit(7)
"""

ARGUMENTS = ["two words", "it's", '"', "$HOME `id` \\", "", "ü\n"]


@pytest.fixture(scope="module")
def kernel() -> Kernel:
    return fetch(DEFAULT)


@pytest.fixture(scope="module")
def share(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("share with blanks")


@pytest.fixture(scope="module")
def heard() -> list[str]:
    return []


@pytest.fixture(scope="module")
def console() -> list[bytes]:
    return []


def slow() -> Callable[[bytes], None]:
    """Return a sink that takes a while for the first large chunk: a guest would power off in it."""
    waits = iter([5.0])
    return lambda chunk: time.sleep(next(waits, 0.0) if len(chunk) > 4096 else 0.0)


@pytest.fixture(scope="module")
def result(kernel: Kernel, share: Path, heard: list[str], console: list[bytes]) -> lab.Result:
    (share / "guest.py").write_text(GUEST)
    command = ["/usr/bin/python3", "-S", "-E", str(share / "guest.py"), str(share), *ARGUMENTS]
    return lab.boot(
        kernel,
        command,
        share=share,
        cpus=2,
        on_line=heard.append,
        stdout=slow(),
        console=console.append,
        append=["loglevel=7"],
        deadline_s=LAB_S,
    )


def test_exit_code_comes_through(result: lab.Result) -> None:
    assert result.exit_code == 7


def test_the_kernel_is_the_requested_one(result: lab.Result, kernel: Kernel) -> None:
    assert result.lines[0] == kernel.release


def test_streams_are_apart_and_can_be_opened_again(result: lab.Result) -> None:
    assert result.stderr == b"to stderr\nagain\n"


def test_arguments_and_directory_arrive_as_they_are(result: lab.Result) -> None:
    assert result.lines[2] == f"{ARGUMENTS!r} {Path.cwd()} 2"


def test_text_and_bytes_come_through(result: lab.Result, heard: list[str]) -> None:
    assert result.lines[1] == "größer ✓"
    assert heard[:2] == result.lines[:2]
    begun = result.stdout.index(BLOCK[:256])
    blocks = [result.stdout[at : at + 256] for at in range(begun, len(result.stdout), 256)]
    wrong = [(number, block) for number, block in enumerate(blocks) if block != BLOCK[:256]]
    assert (len(result.stdout) - begun, wrong[:1]) == (4 * len(BLOCK), [])


def test_share_is_written_at_its_own_path(result: lab.Result, share: Path) -> None:
    assert result.exit_code == 7
    assert (share / "block").read_bytes() == BLOCK


def test_the_guest_keeps_what_it_read_of_its_root(result: lab.Result, share: Path) -> None:
    assert result.exit_code == 7
    device, _, kind, options = (share / "root").read_text().split()[:4]
    assert (device, kind) == ("/dev/root", "9p")
    assert {"ro", "loose"} <= set(options.split(","))


def test_no_port_but_ours(result: lab.Result, share: Path) -> None:
    assert result.exit_code == 7
    ports = (share / "ports").read_text().splitlines()
    assert sorted(ports) == sorted([NOTES_PORT, STDERR_PORT, STDOUT_PORT])


def test_console_is_captured(result: lab.Result, console: list[bytes], kernel: Kernel) -> None:
    assert f"Linux version {kernel.release}" in result.console
    assert f"Linux version {kernel.release}".encode() in b"".join(console)


def test_a_panic_is_reported_with_the_console(kernel: Kernel) -> None:
    with pytest.raises(LabError, match="panicked while it ran the command") as caught:
        lab.boot(
            kernel, ["sh", "-c", "echo c > /proc/sysrq-trigger"], icount=True, deadline_s=LAB_S
        )
    assert "sysrq triggered crash" in str(caught.value)


def test_a_hang_ends_at_the_deadline(kernel: Kernel) -> None:
    with pytest.raises(LabError, match=r"did not end in 15 s"):
        lab.boot(kernel, ["sleep", "1000"], deadline_s=15)


def test_no_command_is_a_usage_error(kernel: Kernel) -> None:
    with pytest.raises(UsageError, match="no command"):
        lab.boot(kernel, [])


def test_what_the_command_leaves_running_does_not_hold_the_guest(kernel: Kernel) -> None:
    said: list[str] = []
    script = "sleep 900 & trap '' TERM; setsid sleep 900 & echo done; exit 3"
    result = lab.boot(kernel, ["sh", "-c", script], deadline_s=LAB_S, progress=said.append)
    assert (result.exit_code, result.stdout) == (3, b"done\n")
    assert "2 processes that the command left running were ended with the guest" in said
