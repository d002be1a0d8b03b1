"""How long a boot is expected to take, from earlier ones; a bad file counts as missing."""

from __future__ import annotations

import pytest

from tracer.lab.cache import cache_dir
from tracer.lab.times import KEPT, MOST_KEYS, expected_s, remember

pytestmark = pytest.mark.usefixtures("cache")


def test_nothing_is_expected_for_what_was_never_done() -> None:
    assert expected_s("6.1: mux") is None


def test_the_median_of_the_last_is_expected() -> None:
    for seconds in (1000.0, 20.0, 30.0, 25.0, 22.0, 28.0):
        remember("6.1: mux", seconds)
    assert KEPT == 5
    assert expected_s("6.1: mux") == 25.0
    assert expected_s("7.3: mux") is None


def test_old_keys_go() -> None:
    for number in range(MOST_KEYS + 1):
        remember(str(number), 1.0)
    assert expected_s("0") is None
    assert expected_s(str(MOST_KEYS)) == 1.0


@pytest.mark.parametrize("text", ["", "[]", "{", '{"a": 3}', '{"a": ["x", -1, 1e9]}', "\x00"])
def test_a_bad_file_counts_as_missing(text: str) -> None:
    (cache_dir() / "times.json").write_text(text)
    assert expected_s("a") is None
    remember("a", 7.0)
    assert expected_s("a") == 7.0
