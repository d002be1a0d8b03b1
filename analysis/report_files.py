"""The files of a run of ``verify``: verdicts.json for programs, verdicts.html for people."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from analysis.page.verdicts import Run, verdicts_html
from analysis.results import KernelResult, to_json


def write_reports(
    directory: Path, results: Sequence[KernelResult], run: Run | None = None
) -> tuple[Path, Path]:
    """Write ``verdicts.json`` and ``verdicts.html`` into ``directory``, made if need be."""
    directory.mkdir(parents=True, exist_ok=True)
    as_json, as_html = directory / "verdicts.json", directory / "verdicts.html"
    as_json.write_text(json.dumps(to_json(results), indent=1) + "\n", encoding="utf-8")
    as_html.write_text(verdicts_html(results, run), encoding="utf-8")
    return as_json, as_html
