"""A scene that does not end is stopped, and says where it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.live.guest_scenes import play
from tests.live.scenes import CODE, SAID

pytestmark = pytest.mark.live


def played(path: Path, text: str, limit_s: float) -> tuple[str, str]:
    program = path / "scene.py"
    program.write_text(text)
    play(str(program), path, limit_s)
    return (path / CODE).read_text(), (path / SAID).read_text(errors="replace")


def test_a_scene_leaves_its_output_and_exit_code(tmp_path: Path) -> None:
    assert played(tmp_path, "print('done'); raise SystemExit(3)", 60) == ("3", "done\n")


def test_a_scene_that_hangs_is_stopped_and_says_where(tmp_path: Path) -> None:
    code, said = played(tmp_path, "import time; time.sleep(3600)", 1)
    assert code == "did not end"
    assert said.startswith("did not end in 1 s\n")
    assert f"-B {tmp_path / 'scene.py'} {tmp_path}  syscall " in said
