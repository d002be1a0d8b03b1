"""``tracer export --dataset``: damaged traces are named, and a full disk leaves what was there."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.analysis.dataset.test_append import RECORDED, traces
from tests.shared.sudo import needs_root
from tests.test_cli import answer
from tests.waiting import PATIENCE_S
from tracer import cli

pytestmark = pytest.mark.slow

TRACER = (sys.executable, "-c", "import sys, tracer.start; sys.exit(tracer.start.main())")


def test_traces_are_appended_and_reported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = traces(tmp_path)
    dataset = str(tmp_path / "fleet")
    assert cli.main(["export", *map(str, paths), "--dataset", dataset]) == 0
    out = capsys.readouterr().out.splitlines()
    assert len(out) == len(paths)
    assert out[2] == f"{paths[2]}: 34 calls, 161 steps: appended"
    assert cli.main(["export", str(paths[0]), "--dataset", dataset]) == 0
    assert capsys.readouterr().out.endswith(": already there\n")
    assert cli.main(["report", dataset]) == 0
    reported = capsys.readouterr().out
    assert cli.main(["report", *map(str, paths)]) == 0
    assert capsys.readouterr().out == reported


def test_a_damaged_trace_is_named_and_the_others_appended(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = tmp_path / "bad.trace"
    shutil.copytree(RECORDED / "mux.trace", bad)
    (bad / "calls.bin").write_bytes(bytes(4096))
    words = [str(bad), str(RECORDED / "epoll.trace"), str(tmp_path / "none.trace")]
    assert cli.main(["export", *words, "--dataset", str(tmp_path / "fleet")]) == 1
    out, err = capsys.readouterr()
    assert out.endswith("epoll.trace: 34 calls, 161 steps: appended\n")
    assert f"{bad}/calls.bin" in err
    assert "none.trace" in err
    assert len(list((tmp_path / "fleet").glob("release=*/host=*/trace=*"))) == 1


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("--dataset", "d", "--csv", "x"), "--dataset cannot be combined"),
        (("epoll.trace", "--csv", "x"), "several traces need --dataset DIR"),
    ],
)
def test_wrong_use(
    words: tuple[str, ...], expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said = answer(capsys, "export", str(RECORDED / "epoll.trace"), *words)
    assert code == 2
    assert expected in said


@needs_root
def test_a_full_disk_leaves_what_was_there(tmp_path: Path) -> None:
    """On a tmpfs in a separate mount namespace, with room for the first trace only."""
    (tmp_path / "disk").mkdir()
    script = (
        f"mount -t tmpfs -o size=160k none {tmp_path}/disk || exit 99\n"
        f'"$@" {RECORDED}/mux.trace || exit 98\n'
        f"cp -r {tmp_path}/disk {tmp_path}/before\n"
        f'"$@" {RECORDED}/mux.trace {RECORDED}/epoll.trace; code=$?\n'
        f"cp -r {tmp_path}/disk {tmp_path}/after; exit $code"
    )
    command = [*TRACER, "export", "--dataset", f"{tmp_path}/disk/fleet"]
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", script, "sh", *command],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert "No space left on device; free some space or write elsewhere" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout.count(": appended") == 1
    assert (
        f"1 of 2 traces are in {tmp_path}/disk/fleet, each whole; the same command appends the "
        "others" in done.stderr
    )
    before, after = tmp_path / "before", tmp_path / "after"
    contents = [
        {path.relative_to(each): path.read_bytes() for path in each.rglob("*") if path.is_file()}
        for each in (before, after)
    ]
    assert contents[0] == contents[1]
    assert any(path.name == "trace.parquet" for path in contents[0])
