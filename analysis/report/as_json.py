"""What a report shows, as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any, Final

from analysis.checks.digest import Digest, digest_of
from analysis.fds.table import busiest_fds
from analysis.findings import as_json
from analysis.findings.examine import Examination, examine_in_one_pass
from analysis.metrics import summary
from analysis.recorded import (
    absent,
    phase_names,
)
from analysis.tasks import processes, tasks_frame
from analysis.trace import unseen
from analysis.windows.recording import Recorded, Recording

MOST_FDS: Final = 1000
"""How many fds there are."""


def to_json(trace: Recorded, examined: Examination | None = None) -> dict[str, Any]:
    """Return what ``report`` shows as a JSON object; a missing number is null."""
    fds = busiest_fds(trace, MOST_FDS).to_json(orient="records")
    examined = examined or examine_in_one_pass(trace)
    found = digest_of(trace)
    return json_of(trace.recording, found) | {
        "fds": json.loads(fds),
        "findings": as_json.to_json(examined),
    }


def json_of(recording: Recording, found: Digest) -> dict[str, Any]:
    """Return the report on ``recording``, whose digest is ``found``, as a JSON object.

    ``rows`` are those of ``analysis.metrics.summary`` with ``phase_name``, in its units. The first
    50 problems of each kind are listed; ``problems`` counts all.
    """
    manifest, ledger = recording.manifest, found.ledger
    rows = summary(found.totals)
    names = phase_names(recording)
    missing, not_attached = absent(recording, found.totals.families)
    rows.insert(1, "phase_name", [names.get(number, "?") for number in rows["phase"].tolist()])
    tasks = processes(tasks_frame(recording.tasks.records), found.calls_of_processes)
    return {
        "schema": 1,
        "trace": recording.path.name,
        "release": manifest.release,
        "where": manifest.where,
        "detail": manifest.detail,
        "state": manifest.state,
        "live": manifest.is_live,
        "losses": manifest.losses,
        "misses": manifest.missed,
        "let_go": asdict(manifest.let_go) if manifest.let_go else None,
        "so_far": asdict(manifest.so_far) if manifest.so_far else None,
        "truncated_bytes": recording.truncated_bytes,
        "problems": {
            "records": len(found.gaps),
            "ledger": len(ledger.problems),
            "truth": len(found.untrue),
            "counters": len(found.disagreeing),
        },
        "ledger": {"unchecked": ledger.unchecked, "problems": list(ledger.problems)},
        "disagreements": [*found.untrue, *found.disagreeing],
        "processes": json.loads(tasks.to_json(orient="records")),
        "fd_names": manifest.fd_names,
        "rows": json.loads(rows.to_json(orient="records", double_precision=6)),
        "missing": missing,
        "not_attached": not_attached,
        "missing_in_calls": unseen.sentences(found.totals.unseen, manifest.plan),
    }
