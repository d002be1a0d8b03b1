"""All tests read English, whatever the locale of the machine; one that asks for more gets it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tracer.say import ENGLISH, use


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    use(ENGLISH)
    yield
    use(ENGLISH)
