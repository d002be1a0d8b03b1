"""Each shell completes models, claims, hooks and fetched kernels."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tracer import cli
from tracer.commands import completion
from tracer.lab.kernels import Kernel

BASH = """
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}
$(complete -p tracer | sed -n 's/.*-F \\([^ ]*\\).*/\\1/p') tracer "${COMP_WORDS[COMP_CWORD]}"
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture(scope="module")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write each shell's script, and a ``tracer`` that scripts can query for kernels."""
    into = tmp_path_factory.mktemp("completion")
    for shell in completion.SHELLS:
        (into / shell).write_text(completion.script(cli.command_line(), shell))
    asked = into / "bin" / "tracer"
    asked.parent.mkdir()
    asked.write_text("#!/bin/sh\n[ \"$*\" = 'completion --kernels' ] && echo 6.1 && echo 6.12-rt\n")
    asked.chmod(0o755)
    return into


def completed(shell: str, scripts: Path, *words: str) -> list[str]:
    """Return what ``shell`` offers for the last of ``words``."""
    line = " ".join(words)
    command = {
        "bash": ["bash", "-c", BASH, "bash", str(scripts / "bash"), *words],
        "fish": ["fish", "--no-config", "-c", f"source {scripts}/fish; complete -C '{line}'"],
    }[shell]
    path = f"{scripts}/bin:/usr/bin:/bin"
    done = subprocess.run(
        command,
        env={"PATH": path, "HOME": str(scripts)},
        capture_output=True,
        text=True,
        check=True,
    )
    return [offer.split("\t")[0].strip() for offer in done.stdout.splitlines() if offer.strip()]


@pytest.mark.parametrize("shell", ["bash", "fish"])
@pytest.mark.parametrize(
    ("words", "offer"),
    [
        (("tracer", "rec"), "record"),
        (("tracer", "record", "--mod"), "--model"),
        (("tracer", "record", "--model", "epoll-n"), "epoll-nested"),
        (("tracer", "verify", "--claim", "epoll-mm"), "epoll-mmap"),
        (("tracer", "doctor", "--hook", "ep_poll_c"), "ep_poll_callback"),
        (("tracer", "verify", "--kernel", "6.12"), "6.12-rt"),
        (("tracer", "lab", "fetch", "6.12"), "6.12-rt"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_shell_completes(shell, words, offer, scripts):
    assert shutil.which(shell), f"{shell} is not installed; run scripts/setup dev"
    assert offer in completed(shell, scripts, *words)


def test_zsh_can_read_its_own(scripts):
    subprocess.run(["zsh", "-n", scripts / "zsh"], check=True)
    assert "epoll-nested" in (scripts / "zsh").read_text()


def test_kernels_are_named_by_series_and_by_release(monkeypatch, capsys):
    here = [Kernel(f"6.1.0-{n}-amd64", Path("x"), None) for n in (55, 56)]
    monkeypatch.setattr(completion.kernels, "fetched", lambda: here)
    assert cli.main(["completion", "--kernels"]) == 0
    assert capsys.readouterr().out.split() == ["6.1", "6.1.0-55-amd64", "6.1.0-56-amd64"]


@pytest.mark.slow
def test_a_script_is_printed_whole() -> None:
    command = [sys.executable, "-m", "tracer.cli", "completion", "bash"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "-F _shtab_tracer tracer" in done.stdout


@pytest.mark.parametrize("words", [[], ["tcsh"]])
def test_another_shell_is_refused(words, capsys):
    with pytest.raises(SystemExit) as end:
        cli.main(["completion", *words])
    assert end.value.code == 2
    assert "bash" in capsys.readouterr().err
