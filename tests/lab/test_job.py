"""The script for the guest, and its answer."""

import subprocess
from pathlib import Path

from tracer.lab.job import Job


def test_job_is_a_script_a_shell_takes(tmp_path: Path) -> None:
    job = Job(tmp_path)
    job.write(["echo", "it's; two"], Path("/a b"), modules=True, share=Path("/srv/s h"))
    script = (tmp_path / "run.sh").read_text()
    subprocess.run(["sh", "-n", tmp_path / "run.sh"], check=True)
    assert "mount --bind /run/share '/srv/s h'" in script
    assert "(exec echo 'it'\"'\"'s; two')" in script


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
