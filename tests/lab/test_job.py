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


def test_the_shell_prints_the_mark_as_it_is(tmp_path: Path) -> None:
    job = Job(tmp_path)
    job.write(["true"], Path("/"), modules=False, share=None)
    script = (tmp_path / "run.sh").read_text()
    (printf,) = (line for line in script.splitlines() if "printf" in line)
    command = printf.strip().partition(" > ")[0]
    assert subprocess.run(["sh", "-c", command], capture_output=True, check=True).stdout == job.mark


def test_no_two_jobs_have_the_same_mark(tmp_path: Path) -> None:
    assert Job(tmp_path).mark != Job(tmp_path).mark


def test_received_is_said_once_whatever_the_guest_put_there(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("7\n")
    (tmp_path / "received").symlink_to(tmp_path / "secret")
    Job(tmp_path).say_received()
    assert (tmp_path / "secret").read_text() == "7\n"
    (tmp_path / "received").unlink()
    Job(tmp_path).say_received()
    assert (tmp_path / "received").is_file()
