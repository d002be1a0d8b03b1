"""What a kernel must have for the lab to boot it: found in the kernel, not in its name.

The guest's root, its shared directories and its output come over virtio: 9p for files, a port
for each stream. Cloud builds leave 9p out ("CONFIG_NET_9P is not set").
"""

from __future__ import annotations

from pathlib import Path

from tracer.shared.errors import LabError
from tracer.shared.message import message

NEEDED = ("virtio_pci", "virtio_console", "9pnet_virtio", "9p")


def lacking(modules: Path) -> list[str]:
    """Return which of `NEEDED` a kernel has neither built in nor as modules.

    ``modules`` is its ``lib/modules/RELEASE``. Raises `LabError` if that has no index.
    """
    index = modules / "modules.dep"
    if not index.is_file():
        raise LabError(
            message(
                "{modules} has no modules.dep; run: depmod -b {base} {release}",
                modules=modules,
                base=modules.parents[2],
                release=modules.name,
            )
        )
    builtin = modules / "modules.builtin"
    listed = builtin.read_text() if builtin.is_file() else ""
    names = [line.partition(":")[0] for line in (index.read_text() + listed).splitlines()]
    present = {Path(name).name.partition(".ko")[0].replace("-", "_") for name in names}
    return [name for name in NEEDED if name not in present]


def check(release: str, modules: Path) -> None:
    """Raise `LabError` if the lab has no way into a kernel, naming what it lacks."""
    lacks = lacking(modules)
    if lacks:
        raise LabError(
            message(
                "the lab cannot boot kernel {release}: it has {lacks} neither built in nor as "
                "modules, and the guest needs these for its files and output; use another build "
                "(tracer lab list)",
                release=release,
                lacks=", ".join(lacks),
            )
        )
