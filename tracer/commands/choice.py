"""What ``verify`` has to decide, on which kernels, and where its results go."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tracer.shared.errors import TracerError, UsageError
from tracer.shared.files import make_directories
from tracer.shared.message import message
from tracer.shared.trusted import UntrustedError

if TYPE_CHECKING:
    from analysis.verdicts.engine import Claim
    from analysis.verdicts.results import KernelResult
    from tracer.commands.board import Board
    from tracer.lab.kernels import Kernel
    from tracer.recording.watch import Progress


def chosen_claims(
    names: Sequence[str], packs: Sequence[Path], *, every: bool, trusted: bool = False
) -> tuple[list[Claim], list[str]]:
    """Return the requested claims, and what is wrong with packs and their other claims.

    UsageError: there is no such claim, or nothing is left to decide.
    """
    from analysis.packs import OURS, claim_named, load_pack, ordinary
    from tracer.workloads import spec

    own: list[Claim] = []
    problems: list[str] = []
    for path in dict.fromkeys(packs):
        try:
            pack = load_pack(path, spec.parse, [*OURS, *own], trusted=trusted)
        except UntrustedError:
            raise
        except UsageError as error:
            problems.append(str(error))
        else:
            own += pack.claims
            problems += pack.problems
    if names:
        return [claim_named(name, [*OURS, *own]) for name in dict.fromkeys(names)], problems
    if every:
        return [*OURS, *own], problems
    return own if packs else ordinary(OURS), problems


def chosen_kernels(
    names: Sequence[str], claims: Sequence[Claim], progress: Progress
) -> list[Kernel]:
    """Return the lab's kernels to decide on, all fetched; none: this machine's own."""
    from tracer.commands.verification import why_not_here
    from tracer.lab import kernels
    from tracer.lab.releases import DEFAULT

    wanted = list(dict.fromkeys(names))
    if not wanted:
        reason = why_not_here(claims)
        if reason is None:
            progress("using this machine's kernel: it can decide all requested claims")
            return []
        progress(
            message(
                "using kernel {default} in the lab instead of this machine's: {reason}",
                default=DEFAULT,
                reason=reason,
            )
        )
        wanted = [DEFAULT]
    found = {kernel.release: kernel for kernel in (kernels.fetch(n, progress) for n in wanted)}
    return list(found.values())


def free_directory(output: Path | None) -> Path:
    """Return where to write, not made yet, so that a wrong kernel leaves nothing behind.

    UsageError: it exists and is not empty.
    """
    path = output or Path("verdicts") / time.strftime("%Y%m%d-%H%M%S")
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise UsageError(
            message("{path} exists and is not empty; choose another -o DIR", path=path)
        )
    return path


def decided(
    claims: Sequence[Claim],
    kernels: Sequence[Kernel],
    into: Path,
    board: Board,
) -> list[KernelResult]:
    """Make ``into`` and decide ``claims`` there, on this machine's kernel if there are no others.

    UsageError: the directory cannot be made.
    """
    from tracer.commands.verification import NATIVE, Lab, verify_here, verify_in_lab

    try:
        make_directories(into)
    except TracerError as error:
        raise UsageError(str(error)) from error
    if not kernels:
        return [verify_here(claims, into, board)]
    places = [(kernel, into / kernel.release) for kernel in kernels]
    for _, place in places:
        make_directories(place)
    return verify_in_lab(claims, Lab(places, into / NATIVE), board)
