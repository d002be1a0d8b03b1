"""The architectures: numbers match the system's own headers; unknown ones are refused."""

from __future__ import annotations

import platform
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tracer.shared import arch
from tracer.shared.errors import KernelError
from tracer.shared.syscalls import SYSCALLS, by_number_of

ROOT = Path(__file__).parents[2]
WHERE = ("tracer", "probes", "scripts", "analysis", "setup.py", "pyproject.toml")
NAMED = r"x86|amd64|aarch64|arm64|\b(orig_)?r?(ax|di|si)\b"
ASKED = (
    f"import sys; sys.path = [{str(ROOT)!r}, *sys.path]\n"
    + """
from tracer.shared import arch
raise SystemExit(arch.main(sys.argv[1:]))
"""
)


def test_numbers_are_those_of_the_systems_headers() -> None:
    """Compared with the compiler's <asm/unistd.h>, which is not ours."""
    names = arch.here().syscalls
    source = "#include <asm/unistd.h>\n" + "\n".join(f"{name} = __NR_{name}" for name in names)
    done = subprocess.run(
        ["clang", "-E", "-P", "-"], input=source, capture_output=True, text=True, check=True
    )
    found = dict(line.split(" = ") for line in done.stdout.splitlines() if " = " in line)
    assert {name: int(number) for name, number in found.items()} == dict(names)


def test_this_machine_has_a_row() -> None:
    assert arch.here() is arch.of(platform.machine())


def test_an_unknown_machine_is_refused() -> None:
    with pytest.raises(KernelError, match="does not know the architecture pdp11; needed: "):
        arch.of("pdp11")


@pytest.mark.parametrize("row", arch.ARCHITECTURES, ids=lambda row: row.machine)
def test_every_family_can_be_called(row: arch.Arch) -> None:
    known = by_number_of(row.machine)
    assert {call.family for call in known.values()} == {call.family for call in SYSCALLS}
    assert all(number == row.syscalls[call.name] for number, call in known.items())


def ask(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_scripts_ask_for_names_before_anything_is_installed() -> None:
    """The system's Python, with nothing of ours: scripts/setup runs it first."""
    done = ask("/usr/bin/python3", "-I", "-c", ASKED, "debian", "qemu_package")
    assert done.stdout.split() == [arch.here().debian, arch.here().qemu_package]


def test_scripts_get_an_error_on_a_machine_without_a_row() -> None:
    done = ask("setarch", "linux32", sys.executable, "-m", "tracer.shared.arch", "debian")
    assert (done.returncode, done.stdout) == (1, "")
    assert re.search(r"does not know the architecture i\d86; needed: ", done.stderr)


@pytest.mark.parametrize("row", arch.ARCHITECTURES, ids=lambda row: row.machine)
def test_every_row_has_its_header(row: arch.Arch) -> None:
    """The header that clang includes; scripts/build fails if it lacks something."""
    assert f'-DARCH_HEADER="arch/{row.kernel}.h"' in row.clang_flags.split()
    assert (ROOT / f"probes/arch/{row.kernel}.h").is_file()


def test_an_event_has_the_size_that_the_compiler_gives_it() -> None:
    source = "#include <linux/eventpoll.h>\nchar size[sizeof(struct epoll_event)];\n"
    done = subprocess.run(
        ["clang", "-x", "c", "-S", "-o", "-", "-"],
        input=source,
        capture_output=True,
        text=True,
        check=True,
    )
    assert re.search(rf"\.(zero|comm\s+size,)\s*{arch.here().epoll_event.size}\b", done.stdout)


def test_nothing_else_names_an_architecture() -> None:
    """A second one should need only a row; texts citing a kernel or its source may name one."""
    found = subprocess.run(
        ["git", "grep", "-nIiE", NAMED, "--", *WHERE],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    own = ("tracer/shared/arch.py:", "probes/arch/", "tracer/locale/")
    cited = re.compile(r"(?:Documentation/)?arch/\S+|\d+\.\d+\.\d+\S*-amd64")
    lines = [line for line in found.stdout.splitlines() if not line.startswith(own)]
    assert [line for line in lines if re.search(NAMED, cited.sub("", line))] == []
