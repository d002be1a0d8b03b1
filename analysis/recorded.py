"""How a trace was recorded, in words: what every text about a trace says of it first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict

from analysis.coverage import MEASURED, absences, feeders
from analysis.frames import Trace
from analysis.manifest import Manifest, PlanRow


def losses(manifest: Manifest) -> str:
    """Return what was lost, "none" if nothing was."""
    if manifest.losses is None:
        return "not known, the recorder was killed"
    lost = [f"{count:,} {what}" for what, count in manifest.losses.items() if count]
    return ", ".join(lost) or "none"


def misses(manifest: Manifest) -> str:
    """Return the programs whose runs were missed, and how many are not counted by the kernel."""
    missed = [f"{name} {count:,}" for name, count in manifest.misses.items() if count]
    unknown = sum(count is None for count in manifest.misses.values())
    note = f" (not counted by this kernel: {unknown} programs)" if unknown else ""
    return (", ".join(missed) or "none") + note


def state(trace: Trace) -> str:
    """Return how the recording ended, and what of its last record is left out."""
    half = trace.truncated_bytes
    cut = f", {half} bytes of half-written records left out" if half else ""
    verdicts = "" if trace.manifest.state == "complete" else "; claims are undecided"
    return trace.manifest.state + verdicts + cut


def exit_status(manifest: Manifest) -> str:
    """Return the exit status of the command."""
    return "not known" if manifest.exit_status is None else str(manifest.exit_status)


def phase_names(trace: Trace) -> dict[int, str]:
    """Return the names of phases by their number; 0 is what belongs to none."""
    phases = trace.truth.phases if trace.truth else ()
    return {0: "no phase"} | {each.number: each.name for each in phases}


def circumstances(trace: Trace) -> dict[str, str]:
    """Return what a recording was made with and how it went: the losses first."""
    manifest = trace.manifest
    return {
        "losses": losses(manifest),
        "misses": misses(manifest),
        "state": state(trace),
        "calls unfinished": f"{int(trace.calls['unfinished'].sum()):,}",
        "kernel": f"{manifest.release} {manifest.architecture}",
        "where": manifest.where,
        **{name: _known(value) for name, value in asdict(manifest.machine).items()},
        "detail": manifest.detail,
        "loader": manifest.loader,
        "hooks attached": _attached(manifest),
        "command": " ".join(manifest.command),
        "exit status": exit_status(manifest),
        **{f"version of {name}": version for name, version in manifest.versions.items()},
    }


def _known(value: str | int | None) -> str:
    return "not known" if value is None else f"{value:,}" if isinstance(value, int) else value


def _attached(manifest: Manifest) -> str:
    kinds = Counter(row.attached.partition(":")[0] for row in manifest.plan if row.attached)
    by_kind = ", ".join(f"{count} by {kind}" for kind, count in kinds.items())
    return f"{kinds.total()} of {len(manifest.plan)}: {by_kind}"


def absent(trace: Trace, families: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return what ``families`` lack and for want of which hooks, then why those lack."""
    rows: dict[str, PlanRow] = {}
    costs: dict[str, dict[str, list[str]]] = {}
    for column in MEASURED:
        for family in families:
            feeding = feeders(trace.manifest.plan, column, family)
            gone = {row.hook: row for row in feeding if row.attached is None}
            rows |= gone
            if gone or not feeding:
                hooks = ", ".join(gone) or "measured by no hook"
                costs.setdefault(hooks, {}).setdefault(column, []).append(family)
    lines = [
        "; ".join(_cost(column, lacking, families) for column, lacking in columns.items())
        + f": {hooks}"
        for hooks, columns in costs.items()
    ]
    return lines, absences(rows.values())


def _cost(column: str, lacking: Sequence[str], families: Sequence[str]) -> str:
    return column if list(lacking) == list(families) else f"{column} of {', '.join(lacking)}"
