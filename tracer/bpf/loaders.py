"""Which loader attaches the probes: core (the built object, needs BTF) or bcc (needs headers)."""

from __future__ import annotations

from pathlib import Path
from typing import Final, NamedTuple

from tracer.bpf import core
from tracer.bpf.instrument import Instrument
from tracer.bpf.libbpf import Libbpf
from tracer.bpf.plan import BTF, Requested
from tracer.bpf.userprobe import Source, probes
from tracer.shared.catalogue import ATTACH_TYPES, Hook
from tracer.shared.errors import UsageError, unknown_name
from tracer.shared.message import message

LOADERS: Final = ("auto", "core", "bcc")


class Loading(NamedTuple):
    """How the probes are to be loaded."""

    loader: str = "auto"
    probes: tuple[Source, ...] = ()
    """Users' own."""
    types: tuple[str, ...] = ATTACH_TYPES
    """Types of attach points to use; for core."""

    def chosen(self, btf: Path = BTF) -> tuple[str, str]:
        """Return ``core`` or ``bcc``, and why.

        Raises:
            UsageError: there is no such loader, or it cannot do what is asked.
        """
        if self.loader not in LOADERS:
            raise unknown_name("loader", self.loader, LOADERS)
        if self.loader == "core" and self.probes:
            raise UsageError(
                "--probe is BCC source, which --loader core cannot load; leave --loader out"
            )
        if self.loader != "auto":
            return self.loader, message("asked for")
        if self.probes:
            return "bcc", message("--probe is BCC source")
        if not btf.exists():
            return "bcc", message(
                "this kernel has no BTF ({path}), which the core loader needs", path=btf
            )
        return "core", message("this kernel has BTF")


AUTO: Final = Loading()


def attach(
    loading: Loading,
    lib: Libbpf,
    hooks: tuple[Hook, ...],
    requested: Requested,
    sizes: dict[str, int],
) -> Instrument:
    """Attach with the loader chosen by ``loading``.

    Raises as :func:`tracer.bpf.core.attach` and :func:`tracer.bpf.bcc_loader.attach` do.
    """
    loader, _ = loading.chosen()
    if loader == "core":
        return core.attach(lib, hooks, requested, sizes, loading.types)
    from tracer.bpf import bcc_loader  # noqa: PLC0415 -- needed by few, and each start would pay

    return bcc_loader.attach(lib, hooks, requested, sizes, probes(loading.probes, hooks))
