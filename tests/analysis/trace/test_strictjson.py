from __future__ import annotations

import json
import os
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from analysis.frames import read_trace
from analysis.trace.manifest import read_manifest
from analysis.trace.strictjson import DEEPEST, read_object
from analysis.trace.truth import read_truth
from tests.analysis.handmade import Maker
from tracer.shared.errors import TraceError


def manifest(**changed: Any) -> dict[str, Any]:
    return {**Maker().manifest, **changed}


def row(**changed: Any) -> dict[str, Any]:
    first, *rest = Maker().manifest["plan"]
    return manifest(plan=[first | changed, *rest])


def kernel(**changed: Any) -> dict[str, Any]:
    return manifest(kernel=Maker().manifest["kernel"] | changed)


def test_manifest_as_it_is(tmp_path: Path) -> None:
    found = read_manifest(Maker().write(tmp_path) / "manifest.json")
    assert (found.release, found.architecture) == ("6.1.0-56-amd64", "x86_64")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (manifest(schema=True), "schema True; this version reads schema 2: record again"),
        (manifest(schema=7), "schema 7; this version reads schema 2: read it with a newer tracer"),
        (manifest(state="done"), "state is 'done'; invalid enum value 'done'"),
        (manifest(started_ns=-1), "started_ns is -1; expected `int` >= 0"),
        (manifest(started_ns=1 << 80), "started_ns is 12089"),
        (manifest(started_ns=1.5), r"started_ns is 1.5; expected `int`, got `float`"),
        (manifest(ended_ns=3), r"expected ended_ns >= started_ns \(1000000000\)"),
        (manifest(started_at="now"), "started_at is 'now'; expected `str` matching regex"),
        (manifest(losses={"calls": 0}), "expected losses of entries, steps, tasks, waiters too"),
        (manifest(records={"calls": 0}), "expected records of lives, steps too"),
        (manifest(misses={"a": -1}), r"misses\[\.\.\.\] is {'a': -1}; expected `int` >= 0"),
        (manifest(exit_status="0"), "exit_status is '0'; expected `int | null`, got `str`"),
        (manifest(command="ls"), "command is 'ls'; expected `array`, got `str`"),
        (manifest(plan=[7]), r"plan\[0\] is \[7\]; expected `object`, got `int`"),
        (row(id=2), "expected each id in the plan once"),
        (row(hook="sys_exit"), "expected each hook in the plan once"),
        (row(id=700), "expected `int` <= 255"),
        (kernel(release=6), "kernel.release is 6; expected `str`, got `int`"),
    ],
)
def test_what_is_wrong_is_named_with_what_was_found_and_needed(
    wrong: dict[str, Any], words: str, tmp_path: Path
) -> None:
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps(wrong))
    with pytest.raises(TraceError, match=words):
        read_manifest(path)


def test_fields_of_a_newer_tracer_are_ignored(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text(json.dumps(manifest(compat_calls=3)))
    assert read_manifest(tmp_path / "manifest.json").state == "complete"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"a": 1, "b": 2, "a": 3}', "the key 'a' appears twice"),
        ('{"a": NaN}', "NaN is not a JSON number"),
        ('{"a": -Infinity}', "-Infinity is not a JSON number"),
        ('{"a": 1e999}', "1e999 is not a JSON number"),
        ('{"a": ' + "[" * 40 + "]" * 40 + "}", "more than 32 levels deep"),
        ('{"a": ' + "[" * 100_000 + "]" * 100_000 + "}", "not JSON"),
        ('{"a": ' + "9" * 5000 + "}", "not JSON"),
        ('{"a": 1', "not JSON"),
        ("[1]", "a JSON list; needed an object"),
        ("", "not JSON"),
    ],
    ids=range(10),
)
def test_json_that_is_refused(text: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(TraceError, match=words):
        read_object(tmp_path / "x.json", 1 << 20)


def test_as_deep_as_allowed(tmp_path: Path) -> None:
    for depth, right in ((DEEPEST - 1, True), (DEEPEST, False)):
        (tmp_path / "x.json").write_text('{"a": ' + "[" * depth + "]" * depth + "}")
        with nullcontext() if right else pytest.raises(TraceError, match="levels deep"):
            read_object(tmp_path / "x.json", 1 << 20)


def test_bytes_that_are_not_text(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_bytes(b'{"a": "\xff"}')
    with pytest.raises(TraceError, match="not JSON"):
        read_object(tmp_path / "x.json", 1 << 20)


def test_a_lone_surrogate_is_an_escape(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text('{"a\\ud800": ["\\udcff\\u00e9"]}')
    assert read_object(tmp_path / "x.json", 1 << 20) == {"a\\ud800": ["\\udcffé"]}


def test_too_long(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text('{"a": 1}')
    with pytest.raises(TraceError, match="longer than 7 bytes"):
        read_object(tmp_path / "x.json", 7)


@pytest.mark.parametrize("name", ["manifest.json", "truth.json", "calls.bin", "steps.bin"])
def test_regular_files_only(name: str, tmp_path: Path) -> None:
    maker = Maker()
    maker.phase("poll")
    path = maker.write(tmp_path / "x.trace")
    (path / name).rename(tmp_path / "elsewhere")
    (path / name).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(TraceError, match=f"{name}: a symbolic link; needed the file itself"):
        read_trace(path)
    (path / name).unlink()
    os.mkfifo(path / name)
    with pytest.raises(TraceError, match=f"{name}: not a regular file"):
        read_trace(path)
    (path / name).unlink()
    (path / name).mkdir()
    with pytest.raises(TraceError, match=f"{name}: not a regular file"):
        read_trace(path)


def truth(**changed: Any) -> dict[str, Any]:
    maker = Maker()
    maker.phase("poll")
    maker.call("poll", 1)
    return {"schema": 1, "phases": [maker.phases[0] | changed]}


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (truth(number=0), "expected `int` >= 1"),
        (truth(tid=1 << 23), "expected `int` <= 4194304"),
        (truth(fds=["4"]), "expected `int`, got `str`"),
        (truth(calls={"poll": {"count": -1, "ret_sum": 0}}), "expected `int` >= 0"),
        (truth(spec={}), "expected a spec with a model"),
        (truth(spec={"model": "poll", "fds": "9"}), "expected another spec.fds than '9'"),
        (truth(spec={"model": "poll", "fds": True}), "expected another spec.fds than True"),
        (truth(spec={"model": "poll", "timeout_ms": -1}), "expected another spec.timeout_ms"),
        ({"schema": 1, "phases": truth()["phases"] * 2}, "expected each number of a phase once"),
    ],
)
def test_wrong_truth(wrong: dict[str, Any], words: str, tmp_path: Path) -> None:
    (tmp_path / "truth.json").write_text(json.dumps(wrong))
    with pytest.raises(TraceError, match=f"truth.json: .*{words}"):
        read_truth(tmp_path / "truth.json")


def test_no_truth(tmp_path: Path) -> None:
    assert read_truth(tmp_path / "truth.json") is None
