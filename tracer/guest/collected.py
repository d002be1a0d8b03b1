"""Collects what a guest left: only what was requested is accepted."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from tracer.guest.asked import LabBoot, Outcome
from tracer.guest.handed import take_answer, take_trace
from tracer.shared.crossing import from_json
from tracer.shared.errors import LabError, TracerError

_Value = TypeVar("_Value")


def answered(share: Path) -> dict[str, Any]:
    """Return the JSON object that a guest answered; LabError: there is none."""
    answer = take_answer(share)
    if not isinstance(answer, dict):
        raise LabError("the guest gave no readable answer")
    return answer


def collect_all(share: Path, boot: LabBoot) -> list[Outcome]:
    """Take the requested recordings, as far as the guest has them.

    LabError: the guest gave no answer that can be read.
    """
    answers = take_answer(share)
    if not isinstance(answers, list):
        raise LabError("the guest gave no readable answer")
    by_name = {each.get("name"): each for each in answers if _is_named(each)}
    asked = [each.name for each in boot.recordings]
    return [_collect(share, by_name[name], name, boot) for name in asked if name in by_name]


def _is_named(answer: object) -> bool:
    return isinstance(answer, dict) and isinstance(answer.get("name"), str)


def _collect(share: Path, answer: Mapping[str, Any], name: str, boot: LabBoot) -> Outcome:
    path, error = None, from_json(answer.get("error"))
    try:
        # The recorder writes to the guest's memory first: none of its files is larger than that.
        path = take_trace(share, f"{name}.trace", boot.into, boot.memory_mib << 20)
    except LabError as refused:
        error = str(refused)
    return Outcome(
        name=name,
        path=path,
        error=error,
        exit_code=_of(int, answer, "exit_code") or TracerError.exit_code,
        exit_status=_of(int, answer, "exit_status"),
        state=_of(str, answer, "state"),
    )


def _of(kind: type[_Value], answer: Mapping[str, Any], key: str) -> _Value | None:
    """Return a value that a guest answered, if it is of the expected kind."""
    value = answer.get(key)
    return value if isinstance(value, kind) else None
