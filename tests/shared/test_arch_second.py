"""A second architecture is a row and a header: made here, and built by scripts/build.

The row is arm64's, and was never booted: the test only shows that it builds.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.installed import MADE
from tracer.shared import arch

pytestmark = pytest.mark.slow

ROOT: Final = Path(__file__).parents[2]
ROWS: Final = "ARCHITECTURES: Final = (_X86_64,)\n"
ROW: Final = """\
_ARM64: Final = Arch(
    machine="aarch64",
    kernel="arm64",
    debian="arm64",
    triplet="{triplet}",
    qemu="qemu-system-aarch64",
    qemu_package="qemu-system-arm",
    board="virt",
    console="ttyAMA0",
    emulated=(),
    # Documentation/arch/arm64/booting.rst
    image=ImageFormat("Image", magic=b"ARM\\x64", magic_at=56, version_at=None),
    breakpoint_bytes=4,
    epoll_event=struct.Struct("<I4xQ"),
    elf_machine=183,
    exits=bytes.fromhex("a80b80d2000080d2010000d4"),  # mov x8, 93; mov x0, 0; svc 0
    # include/uapi/asm-generic/unistd.h (6.12)
    syscalls={{
        "read": 63, "write": 64, "close": 57, "lseek": 62, "readv": 65, "writev": 66,
        "nanosleep": 101, "sendfile": 71, "connect": 203, "accept": 202, "sendto": 206,
        "recvfrom": 207, "sendmsg": 211, "recvmsg": 212, "wait4": 260, "fcntl": 25, "flock": 32,
        "fsync": 82, "fdatasync": 83, "rt_sigtimedwait": 137, "futex": 98, "io_setup": 0,
        "io_destroy": 1, "io_getevents": 4, "io_submit": 2, "restart_syscall": 128,
        "clock_nanosleep": 115, "epoll_ctl": 21, "waitid": 95, "openat": 56, "pselect6": 72,
        "ppoll": 73, "splice": 76, "epoll_pwait": 22, "accept4": 242, "epoll_create1": 20,
        "perf_event_open": 241, "recvmmsg": 243, "syncfs": 267, "sendmmsg": 269,
        "userfaultfd": 282, "io_pgetevents": 292, "io_uring_setup": 425, "io_uring_enter": 426,
        "openat2": 437, "epoll_pwait2": 441,
    }},
)

ARCHITECTURES: Final = (_X86_64, _ARM64)
"""
HEADER: Final = """\
/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __BCC__
struct user_pt_regs {
	unsigned long regs[31], sp, pc;
} __attribute__((preserve_access_index));
struct pt_regs {
	unsigned long orig_x0;
	int syscallno;
} __attribute__((preserve_access_index));
struct thread_info {
	unsigned long flags;
} __attribute__((preserve_access_index));
/* TIF_32BIT (arch/arm64/include/asm/thread_info.h) */
#define COMPAT_FIELD flags
#define COMPAT_BIT (1 << 22)
#endif

struct argument_registers {
	unsigned long x[5];
};
#define ARGUMENT_REGISTERS FIELD_OFFSET(struct user_pt_regs, regs)
#define SYSCALL_ARG_1(regs) ((regs)->x[0])
#define SYSCALL_ARG_2(regs) ((regs)->x[1])
#define SYSCALL_ARG_3(regs) ((regs)->x[2])
#define SYSCALL_ARG_4(regs) ((regs)->x[3])
#define SYSCALL_ARG_5(regs) ((regs)->x[4])
/* x0 has the result when the call returns. */
#define FIRST_ARGUMENT FIELD_OFFSET(struct pt_regs, orig_x0)
#define SYSCALL_NUMBER FIELD_OFFSET(struct pt_regs, syscallno)
"""
THERE: Final = 'import platform\nplatform.machine = lambda: "aarch64"\n'


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tree that has the row and the header, built as on such a machine."""
    home = tmp_path_factory.mktemp("second")
    for folder in ("probes", "tracer", "analysis", "scripts"):
        shutil.copytree(ROOT / folder, home / folder, ignore=shutil.ignore_patterns(*MADE))
    rows = home / "tracer/shared/arch.py"
    text = rows.read_text()
    assert ROWS in text
    # The machine's headers provide only fixed-width types, which are the same everywhere.
    rows.write_text(text.replace(ROWS, ROW.format(triplet=arch.here().triplet)))
    (home / "probes/arch/arm64.h").write_text(HEADER)
    (home / "there").mkdir()
    (home / "there/sitecustomize.py").write_text(THERE)
    here = {"PYTHON": sys.executable, "PYTHONPATH": f"{home}/there"}
    done = subprocess.run(
        ["scripts/build"],
        cwd=home,
        env=os.environ | here,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return home


def names(of: Path) -> set[str]:
    """What an object requires from the kernel's BTF, structs and fields, is among these."""
    return set((of / "probes/tracer.bpf.o").read_bytes().decode("latin-1").split("\0"))


def test_it_builds_of_one_row_and_one_header(tree: Path) -> None:
    assert {"orig_x0", "syscallno", "user_pt_regs"} <= names(tree) - names(ROOT)
    assert {"orig_ax", "r10"} <= names(ROOT) - names(tree)


def test_numbers_of_system_calls_are_its_own(tree: Path) -> None:
    tables = (tree / "probes/tables.h").read_text()
    assert "X(22, CALL_EPOLL_WAIT, " in tables
    assert "#define NR_LSEEK 62\n" in tables


def test_the_text_for_bcc_reads_its_registers(tree: Path) -> None:
    text = (tree / "probes/tracer.bcc.c").read_text()
    assert "unsigned long x[5];" in text
    assert "orig_ax" not in text


def test_what_all_rows_must_have(tree: Path) -> None:
    """Runs the tests that go through all rows; others ask this machine."""
    for file in (ROOT / "tests/shared/test_arch.py", ROOT / "tests/__init__.py"):
        shutil.copy(file, tree / file.name)
    line = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_arch.py"]
    done = subprocess.run(
        [*line, "-k", "every"], cwd=tree, capture_output=True, text=True, check=False
    )
    assert "2 passed" in done.stdout, done.stdout
