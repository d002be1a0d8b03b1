"""Scenes: test programs that run in a guest, one after the other in the same boot.

A module that checks the results of a scene names it as its ``SCENE``, and gets its directory from
the fixture ``scene``. The scenes of all selected modules are played in one boot, since booting
takes longer than most of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from tests.live.running import LAB_S
from tests.servers.programs import NotHereError
from tracer.guest.outside import GUEST_PYTHON
from tracer.lab.boot import boot
from tracer.lab.kernels import fetch
from tracer.lab.releases import DEFAULT
from tracer.shared.output import to_stderr

PLAYER: Final = Path(__file__).with_name("guest_scenes.py")
CODE: Final = "exit-code"
SAID: Final = "said"
"""Files in a scene's directory: how it ended, and its output."""


def _nothing(_share: Path) -> None:
    pass


class Scene(NamedTuple):
    """``program`` is run with a directory that both sides share; ``prepare`` fills that first."""

    program: Path
    prepare: Callable[[Path], object] = _nothing

    @property
    def name(self) -> str:
        """The name of its directory."""
        return self.program.stem


def scene_of(item: pytest.Item) -> Scene | None:
    """Return the scene that a test checks."""
    found = getattr(getattr(item, "module", None), "SCENE", None)
    return found if isinstance(found, Scene) else None


class Played:
    """The results of ``scenes``, in directories below ``share``."""

    def __init__(self, scenes: Iterable[Scene], share: Path) -> None:
        """Play those that can be prepared on this machine."""
        self._share = share
        self._why_not: dict[Scene, str] = {}
        programs = []
        for scene in dict.fromkeys(scenes):
            (share / scene.name).mkdir()
            try:
                scene.prepare(share / scene.name)
            except NotHereError as error:
                self._why_not[scene] = str(error)
            else:
                programs.append(str(scene.program))
        if programs:
            command = [*GUEST_PYTHON, str(PLAYER), str(share), *programs]
            result = boot(
                fetch(DEFAULT), command, share=share, progress=to_stderr, deadline_s=2 * LAB_S
            )
            assert result.exit_code == 0, result.stderr.decode()

    def of(self, scene: Scene) -> Path:
        """Return the directory of ``scene``; skip the test if it could not be prepared."""
        if scene in self._why_not:
            pytest.skip(self._why_not[scene])
        place = self._share / scene.name
        assert (place / CODE).read_text() == "0", (place / SAID).read_text(errors="replace")
        return place
