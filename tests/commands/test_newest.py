"""How much of the newest to keep: what is accepted, and how the rest is refused."""

from __future__ import annotations

import argparse

import pytest

from tracer import cli
from tracer.commands.newest import newest
from tracer.recording.keeping import Newest
from tracer.shared.errors import UsageError


def given(**options: object) -> argparse.Namespace:
    return argparse.Namespace(
        **{"max_size": None, "max_time": None, "model": None, "kernel": None, "ring_size": 16}
        | options
    )


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        ({}, None),
        ({"max_size": "500M"}, Newest(500 << 20)),
        ({"max_size": "1.5GiB"}, Newest(3 << 29)),
        ({"max_size": "2 g", "max_time": "90"}, Newest(2 << 30, 90)),
        ({"max_time": "10m"}, Newest(None, 600)),
        ({"max_time": "1.5h"}, Newest(None, 5400)),
        ({"max_size": "4M", "ring_size": 1}, Newest(4 << 20)),
    ],
)
def test_said(options: dict[str, object], wanted: Newest | None) -> None:
    assert newest(given(**options)) == wanted


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"max_size": "500"}, "--max-size 500: needed: a size such as 500M or 2G, at least 64M"),
        ({"max_size": "63M"}, "at least 64M, 4 times --ring-size"),
        ({"max_size": "-1G"}, "--max-size -1G: needed"),
        ({"max_size": "1e9G"}, "needed: a size"),
        ({"max_size": "٣G"}, "needed: a size"),
        ({"max_size": "9" * 400 + "G"}, "needed: a size"),
        ({"max_time": "0.5"}, "--max-time 0.5: needed: seconds (90), minutes (10m) or hours (2h)"),
        ({"max_time": "10 days"}, "at least 1 s"),
        ({"max_time": "nan"}, "at least 1 s"),
        ({"max_size": "1G", "model": "poll"}, "--max-size: only for your own"),
        ({"max_time": "9", "kernel": "6.1"}, "--max-time: not with --kernel; the lab's guests"),
        ({"max_size": "1G", "max_time": "9", "model": "x"}, "--max-size, --max-time: only for"),
    ],
)
def test_refused(options: dict[str, object], words: str) -> None:
    with pytest.raises(UsageError) as caught:
        newest(given(**options))
    assert words in str(caught.value)


def test_refused_before_anything_is_attached(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["--model", "poll", "--kernel", "6.1"], ["--", "true"]):
        assert cli.main(["record", "--max-size", "7", *words]) == 2
        assert "--max-size" in capsys.readouterr().err
