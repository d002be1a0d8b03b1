"""The wheel has all that tracer needs, and what it installs works far from the sources."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path

import pytest

from tests.installed import build_wheel, install, run
from tracer import cli
from tracer.shared import arch

pytestmark = pytest.mark.slow

LAB_S = 1200.0
"""How long a boot may take if several share two processors; alone it takes 20 s."""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_wheel(tmp_path_factory.mktemp("build"))


@pytest.fixture(scope="module")
def programs(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return install(wheel, tmp_path_factory.mktemp("installed"))


def test_it_says_for_which_machines_it_is(wheel):
    """The BPF object reads the registers of one architecture; any Python 3 will do."""
    assert wheel.name.endswith(f"-py3-none-linux_{arch.here().machine}.whl")


def test_it_has_what_is_not_python(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {
        "probes/tracer.bpf.o", "probes/tracer.bcc.c", "probes/hooks.toml",
        "tracer/locale/zh_CN/LC_MESSAGES/tracer.mo", "analysis/page/page.css",
    } <= names  # fmt: skip


def test_it_has_every_module(wheel):
    root = Path(cli.__file__).parents[1]
    modules = {
        str(path.relative_to(root))
        for package in ("analysis", "probes", "tracer")
        for path in (root / package).rglob("*.py")
    }
    assert modules - set(zipfile.ZipFile(wheel).namelist()) == set()


def test_it_has_no_tests(wheel):
    assert [name for name in zipfile.ZipFile(wheel).namelist() if name.startswith("tests")] == []


def test_doctor_answers_in_two_lines(programs, tmp_path):
    done = run(programs / "tracer", "doctor", "--json", "x.json", cwd=tmp_path)
    kernel, lab = done.stdout.splitlines()
    assert kernel.startswith("kernel ")
    assert lab.startswith("lab: ")
    answer = json.loads((tmp_path / "x.json").read_text())
    assert done.returncode == (answer["error"] is not None)
    assert "scripts/build" not in str(answer["error"])  # there is one, whatever the kernel allows


def test_it_speaks_chinese(programs, tmp_path):
    done = run(programs / "tracer", "--lang", "zh_CN", "--help", cwd=tmp_path)
    assert (done.returncode, "用法" in done.stdout) == (0, True)


def test_every_command_has_a_manual_page(programs):
    pages = {path.name for path in (programs.parent / "share" / "man" / "man1").iterdir()}
    help_text = cli.command_line().format_help()
    names = re.findall(r"^    (\w+) ", help_text, re.MULTILINE)
    assert "record" in names
    assert {"tracer.1", *(f"tracer-{name}.1" for name in names)} == pages


@pytest.mark.live
@pytest.mark.lab
def test_verify_decides_a_claim_in_the_lab(programs, tmp_path):
    done = run(
        programs / "tracer", "verify", "--claim", "blocking-waits", "--kernel", "6.1", "-o", "run",
        cwd=tmp_path, timeout=LAB_S,
    )  # fmt: skip
    assert done.returncode in (0, 3), done.stderr
    (kernel,) = json.loads((tmp_path / "run" / "verdicts.json").read_text())["kernels"]
    found = [(claim["verdict"], claim["undecided_because"]) for claim in kernel["claims"]]
    assert found == [("supported", None)]
    assert (tmp_path / "run" / "verdicts.html").stat().st_size > 0
