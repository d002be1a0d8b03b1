"""``tracer completion``: what a shell completes, as a script made of the parsers."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from tracer.commands.parser import Commands, add_command
from tracer.lab import kernels
from tracer.lab.releases import series_of
from tracer.shared.catalogue import hooks
from tracer.workloads.registry import WORKLOADS

SHELLS: Final = ("bash", "zsh", "fish")
KERNELS: Final = "tracer completion --kernels"
"""Run by the scripts each time: kernels come and go."""

_EXAMPLES = """\
examples:
  tracer completion bash > ~/.local/share/bash-completion/completions/tracer
  tracer completion zsh > ~/.zfunc/_tracer         (fpath+=~/.zfunc before compinit)
  tracer completion fish > ~/.config/fish/completions/tracer.fish

Completes commands, options, models, claims, hooks and fetched kernels.
"""


def add_parser(subparsers: Commands) -> None:
    """Add ``completion``."""
    parser = add_command(
        subparsers,
        "completion",
        description="Print a script that lets a shell complete tracer's command lines.",
        epilog=_EXAMPLES,
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument(
        "shell", metavar="bash|zsh|fish", nargs="?", choices=SHELLS, help="which shell"
    )
    what.add_argument(
        "--kernels",
        action="store_true",
        help="print the fetched kernels (for completion scripts)",
    )
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    if args.kernels:
        print(*kernels_here(), sep="\n")
    else:
        print(script(args.whole(), args.shell))
    return 0


def kernels_here() -> list[str]:
    """Return series and releases of the kernels in the cache."""
    releases = [kernel.release for kernel in kernels.fetched()]
    return sorted({series_of(release) for release in releases}) + releases


def script(parser: argparse.ArgumentParser, shell: str) -> str:
    """Return the script by which ``shell`` completes the command lines of ``parser``."""
    import shtab

    for action in _actions(parser):
        how = _completed(action)
        if how is not None:
            action.complete = how  # type: ignore[attr-defined] # shtab's own attribute
    text: str = shtab.complete(parser, shell)
    return text


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for each in action.choices.values():
                yield from _actions(each)
        else:
            yield action


def _completed(action: argparse.Action) -> Any:
    """Return what completes the value of ``action``, in shtab's terms; None: nothing."""
    import shtab

    from analysis.packs import OURS

    words = {
        "--model": list(WORKLOADS),
        "--claim": [claim.id for claim in OURS],
        "--hook": [hook.name for hook in hooks()],
    }
    for option in action.option_strings:
        if option in words:
            listed = " ".join(words[option])
            return shtab.cmd(f"echo {listed}") | {"zsh": f"({listed})", "fish": listed}
    if "--kernel" in action.option_strings or (action.metavar == "K" and not action.option_strings):
        return shtab.cmd(KERNELS)
    if action.metavar in ("DIR", "NAME.trace", "A.trace", "B.trace"):
        return shtab.DIR
    return shtab.FILE if action.type is Path else None
