"""Programs that tests attach to, and the results of scenes in a guest."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.live.running import PYTHON
from tests.live.scenes import Played, Scene, scene_of


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    running: list[subprocess.Popen[bytes]] = []

    def run(text: str, *command: str) -> subprocess.Popen[bytes]:
        program = subprocess.Popen(
            [*command, *PYTHON, "-c", text], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        running.append(program)
        return program

    yield run
    for program in running:
        program.kill()
        program.wait()
        for stream in (program.stdin, program.stdout):
            with suppress(OSError):
                stream.close()


@pytest.fixture(scope="session")
def played(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Played:
    """Play the scenes of all selected tests in one boot."""
    scenes = [scene for item in request.session.items if (scene := scene_of(item))]
    return Played(scenes, tmp_path_factory.mktemp("scenes"))


@pytest.fixture(scope="module")
def scene(request: pytest.FixtureRequest, played: Played) -> Path:
    """Return the directory of the module's scene."""
    found = request.module.SCENE
    assert isinstance(found, Scene)
    return played.of(found)
