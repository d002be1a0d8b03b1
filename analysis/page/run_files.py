"""The files of a run of ``verify``: verdicts.json for programs, verdicts.html for people."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from analysis.page.verdicts import Run, verdicts_html
from analysis.verdicts.results import VERDICTS, KernelResult, to_json
from tracer.shared.files import make_directories, write_text


def write_reports(
    directory: Path, results: Sequence[KernelResult], run: Run | None = None
) -> tuple[Path, Path]:
    """Write ``verdicts.json`` and ``verdicts.html`` into ``directory``, made if needed."""
    make_directories(directory)
    as_json, as_html = directory / VERDICTS, directory / "verdicts.html"
    write_text(as_json, verdicts_json(results, run))
    write_text(as_html, verdicts_html(results, run))
    return as_json, as_html


def verdicts_json(results: Sequence[KernelResult], run: Run | None = None) -> str:
    """Return ``results`` for programs, and how they came about."""
    found = to_json(results) | ({"run": asdict(run)} if run else {})
    return json.dumps(found, indent=1) + "\n"
