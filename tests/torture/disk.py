"""A disk that fills up, and one that is read-only, in separate mount namespaces."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

from tests.torture.figures import Figures
from tests.torture.room import Room, check_trace, room, subject

TITLE, QUICK, LONG, LIVE = "a full disk and a read-only one", 3, 60, True
KEEP = 'mount -t tmpfs -o "$1" none "$2" || exit 99; shift 2; "$@"; code=$?; {after}exit $code'


def run(count: int, rng: random.Random) -> Figures:
    """Record ``count`` times; every third time the disk is read-only."""
    figures = Figures()
    for number in range(count):
        with room() as place:
            if number % 3 == 2:
                _read_only(figures, place, f"read-only {number}")
            else:
                _full(figures, place, 1 << rng.randint(12, 22), f"full {number}")
        figures.tried += 1
    return figures


def _on_disk(place: Room, options: str, *command: str, after: str = "") -> tuple[int, bytes]:
    disk = place.work / "disk"
    disk.mkdir()
    script = KEEP.format(after=after)
    before = ["unshare", "-m", "sh", "-c", script, "sh", options, str(disk)]
    done = place.run(*command, before=before)
    return done.returncode, done.stdout + done.stderr


def _full(figures: Figures, place: Room, size: int, case: str) -> None:
    case = f"{case} ({size} bytes)"
    kept, trace = place.work / "kept", place.work / "disk/x.trace"
    # A storm at 128 bytes per call: 4 MiB are full after 32,768 calls.
    command = ("record", "-o", str(trace), "--", *subject("storm", 60_000))
    code, said = _on_disk(place, f"size={size}", *command, after=f"cp -r {trace.parent} {kept}; ")
    if code == 0 or b"No space left on device" not in said:
        figures.found("wrong", f"{case}: exit code {code}: {said[-200:]!r}")
    if (kept / "x.trace").exists():
        check_trace(figures, kept / "x.trace", case)
        figures.tell("traces kept")
        _reports(figures, place, kept / "x.trace", case)
    place.check(figures, said, case)


def _reports(figures: Figures, place: Room, trace: Path, case: str) -> None:
    """Write reports of the trace to a disk of 8 KiB: each must be absent or complete."""
    shutil.rmtree(place.work / "disk")
    names = {"--json": "r.json", "--html": "r.html"}
    options = [word for name, file in names.items() for word in (name, f"disk/{file}")]
    after = f"cp -r {place.work}/disk {place.work}/reports; "
    code, said = _on_disk(place, "size=8k", "report", str(trace), *options, after=after)
    for file in (place.work / "reports").iterdir():
        whole = file.suffix == ".json" and file.read_bytes().rstrip().endswith(b"}")
        if not whole:
            figures.found("left", f"{case}: half a report: {file.name}, exit code {code}")
    if b"Traceback" in said:
        figures.found("tracebacks", f"{case}: report: {said[-300:]!r}")


def _read_only(figures: Figures, place: Room, case: str) -> None:
    for command in (
        ("record", "-o", "disk/x.trace", "--", "true"),
        ("verify", "--claim", "blocking-waits", "-o", "disk/v"),
    ):
        shutil.rmtree(place.work / "disk", ignore_errors=True)
        code, said = _on_disk(place, "ro", *command)
        if code not in (1, 2) or (b"ead-only" not in said and b"not writable" not in said):
            figures.found("wrong", f"{case}: {command[0]}: exit code {code}: {said[-200:]!r}")
        place.check(figures, said, case)
