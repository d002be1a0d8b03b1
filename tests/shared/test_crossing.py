"""What a guest says is shown in the language in use, and has no other effect."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tracer.shared.crossing import from_json, from_line, to_json, to_line
from tracer.shared.errors import TracerError
from tracer.shared.message import (
    ENGLISH,
    joined,
    localized,
    localized_line,
    message,
    message_n,
    use,
)
from tracer.shared.visible import visible_lines

BOOTING = message("booting {release}", release="6.1")
TEXTS = [
    BOOTING,
    message("{error}\nbooting again", error=TracerError(BOOTING)),
    message_n("{count} moment is omitted", "{count} moments are omitted", count=3),
    joined("; ", [BOOTING, "tail"]),
    message("the guest left no directory {name}: {why}", name=Path("/a"), why="EPERM"),
]


@pytest.fixture
def chinese() -> Iterator[None]:
    use("zh_CN")
    yield
    use(ENGLISH)


@pytest.mark.parametrize("text", TEXTS)
def test_it_comes_back_as_it_was(text: str) -> None:
    back = from_json(json.loads(json.dumps(to_json(text))))
    assert back == from_line(to_line(text)) == visible_lines(text)
    assert "\n" not in to_line(text)


@pytest.mark.usefixtures("chinese")
@pytest.mark.parametrize("text", TEXTS)
def test_it_is_shown_in_the_language_in_use(text: str) -> None:
    back = from_line(to_line(text))
    assert localized(back) == localized(text) != text
    assert localized(message("{line} ({seconds} s)", line=back, seconds=3)).startswith(
        localized(text)
    )


def test_what_is_not_a_message_is_unchanged() -> None:
    assert to_line("a: b") == "a: b"
    assert from_line("a: b") == "a: b"
    assert from_line('{"a": 1}') == '{"a": 1}'
    assert from_line("{") == "{"
    assert from_line("{" * 100_000) == "{" * 100_000
    assert from_line('{"a":' * 100_000) == '{"a":' * 100_000
    assert from_json(None) is None
    assert from_json([]) is None
    assert from_json({"english": 1}) is None


def deep(levels: int) -> Any:
    found: Any = "x"
    for _ in range(levels):
        found = {"english": "e", "template": "booting {release}", "values": {"release": found}}
    return found


@pytest.mark.usefixtures("chinese")
@pytest.mark.parametrize(
    "found",
    [
        {"template": "{release.__class__}", "values": {"release": "x"}},
        {"template": "{release:>999999999}", "values": {"release": "x"}},
        {"template": "booting {release}", "values": {}},
        {"template": "booting {release}", "values": {"release": None}},
        {"template": "booting {release}", "values": {"release": {"english": 7}}},
        {"template": "booting {release}", "values": []},
        {"template": "booting {release}"},
        {"template": ["booting {release}"], "values": {}},
        {
            "template": "{count} moment is omitted",
            "plural": 7,
            "values": {"count": "x"},
            "parts": 1,
        },
        {"template": "{count} moment is omitted", "plural": [], "values": {}},
        {"template": "; ", "parts": 7},
        {"template": 7, "parts": ["a"]},
        {},
    ],
)
def test_what_is_not_ours_stays_visible_english(found: dict[str, Any]) -> None:
    text = from_json(found | {"english": "\x1b[2Jhello"})
    assert text is not None
    assert "\x1b" not in text
    assert localized_line(text) == text


@pytest.mark.usefixtures("chinese")
def test_values_are_made_visible_and_levels_are_few() -> None:
    text = from_json(
        {"english": "e", "template": "booting {release}", "values": {"release": "\x1b[2J\n6.1"}}
    )
    assert text is not None
    said = localized(text)
    assert said != "e"
    assert "\x1b" not in said
    assert "\n" not in said
    shallow = from_json(deep(3))
    assert shallow is not None
    assert "x" in localized(shallow)
    assert "x" not in localized(from_json(deep(50)) or "")
