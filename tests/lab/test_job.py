"""The script for the guest, and its answer."""

import subprocess
from pathlib import Path

from tracer.lab import job as job_module
from tracer.lab.job import Job


def test_job_is_a_script_a_shell_takes(tmp_path: Path) -> None:
    job = Job(tmp_path)
    job.write(["echo", "it's; two"], Path("/a b"), modules=True, share=Path("/srv/s h"))
    for name in ("prepare.sh", "run.sh"):
        subprocess.run(["sh", "-n", tmp_path / name], check=True)
    assert "mount --bind /run/share '/srv/s h'" in (tmp_path / "prepare.sh").read_text()
    assert "(exec echo 'it'\"'\"'s; two')" in (tmp_path / "run.sh").read_text()


def test_job_has_no_exit_code_until_the_guest_wrote_it(tmp_path: Path) -> None:
    job = Job(tmp_path)
    assert not job.started
    assert job.exit_code is None
    (tmp_path / "status").touch()
    assert job.exit_code is None
    (tmp_path / "started").touch()
    (tmp_path / "status").write_text("7\n")
    assert job.started
    assert job.exit_code == 7


def test_what_the_guests_own_tmp_would_hide_is_shown_again(tmp_path: Path) -> None:
    Job(tmp_path).write(["true"], Path("/tmp/no such/sub dir"), modules=False, share=None)
    script = (tmp_path / "prepare.sh").read_text()
    tmpfs = script.index("mount -t tmpfs")
    assert script.index("mount --bind /tmp /run/host-tmp") < tmpfs
    assert script.index("mkdir -p '/tmp/no such/sub dir'") > tmpfs
    assert "mount --bind /run/host-tmp/'no such/sub dir' '/tmp/no such/sub dir'" in script


def test_a_directory_inside_one_that_is_shown_is_not_shown_twice() -> None:
    paths = (Path("/tmp/a"), Path("/tmp/a/b"), Path("/srv/c"), Path("/tmp"))
    assert job_module._hidden(*paths) == [Path("/tmp/a")]


def test_survivors_are_counted(tmp_path: Path) -> None:
    job = Job(tmp_path)
    assert job.survivors == 0
    (tmp_path / "survivors").write_text("\n")
    assert job.survivors == 0
    (tmp_path / "survivors").write_text("12 99\n")
    assert job.survivors == 2


def test_what_a_guest_answers_is_a_number_or_nothing(tmp_path):
    (tmp_path / "secret").write_text("7\n")
    for content in ("", "x", "-1", "1e3", "12345", "7 7"):
        (tmp_path / "status").write_text(content)
        assert Job(tmp_path).exit_code is None
    (tmp_path / "status").unlink()
    for name in ("status", "started", "survivors"):
        (tmp_path / name).symlink_to(tmp_path / "secret")
    job = Job(tmp_path)
    assert (job.exit_code, job.started, job.survivors) == (None, False, 0)
