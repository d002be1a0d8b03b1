"""The core loader: the built CO-RE object through libbpf.

:func:`attach` makes a plan, loads and attaches it, and plans again for whatever the kernel refused.
What is attached stays attached: each round loads another instance of the object, sharing the maps
of the first (detaching costs a grace period per program).
"""

from __future__ import annotations

from typing import Any, Final

from tracer.bpf.instrument import RefusedError, attach_planned
from tracer.bpf.layer import Layer, RefusedPrograms
from tracer.bpf.libbpf import Libbpf, errno_text
from tracer.bpf.maps import Maps
from tracer.bpf.misses import Misses
from tracer.bpf.plan import BTF, Choice, Only, Placement, Requested, Trial
from tracer.shared.catalogue import ATTACH_TYPES, Hook
from tracer.shared.errors import KernelError

_FINDER: Final = "find_instances"
_NOT_ASKED: Final = "this type of attach point was not asked for"


class Instrument:
    """Programs that are attached, and their maps. Closing it detaches everything."""

    def __init__(self, lib: Libbpf, sizes: dict[str, int]) -> None:
        """Begin with nothing attached; ``sizes`` as in :func:`attach`."""
        self._lib = lib
        self._sizes = sizes
        self._placed: dict[str, tuple[Layer, Placement]] = {}
        self._layers: list[Layer] = []
        self.plan: tuple[Choice, ...] = ()
        self._misses = Misses(lib)

    def add(self, placements: tuple[Placement, ...]) -> RefusedError:
        """Load and attach programs; return what the kernel refused of them."""
        base = self._layers[0] if self._layers else None
        try:
            layer = Layer(self._lib, placements, self._sizes, base)
        except RefusedPrograms as refusal:
            return refusal.refused
        self._layers.append(layer)
        refused: RefusedError = {}
        for placement in placements:
            try:
                layer.attach(placement)
            except OSError as error:
                reason = f"{errno_text(error)} when attached"
                refused[placement.hook, placement.point] = reason
            else:
                self._placed[placement.hook] = (layer, placement)
        return refused

    def open_maps(self) -> None:
        """Open the maps, once something is attached."""
        first = self._layers[0]
        self.maps = Maps(
            self._lib, first.map_fd, lambda name: first.program_fd(f"{name}_raw_tp"), self._sizes
        )

    @property
    def facts(self) -> dict[str, Any]:
        """What the manifest says about the loader."""
        return {"loader": "core"}

    def placed(self, hook: Hook) -> bool:
        """Tell whether a hook is attached."""
        return hook.name in self._placed

    def find_instances(self) -> str | None:
        """Go through the open files of the marked processes, to know their epoll instances.

        Returns why the kernel could not; None: it did.
        """
        try:
            layer = Layer(self._lib, (), self._sizes, self._layers[0], (_FINDER,))
        except KernelError as error:
            return str(error)
        try:
            layer.iterate(_FINDER)
        except OSError as error:
            return f"{errno_text(error)} when it was run"
        finally:
            layer.close()
        return None

    def misses(self) -> dict[str, int | None]:
        """Return how often the kernel skipped each program; None: it does not count that."""
        return {
            placement.program: self._misses.of(
                placement.point.type, layer.program_fd(placement.program)
            )
            for layer, placement in self._placed.values()
        }

    def detach(self) -> None:
        """Detach all programs; the maps stay readable."""
        for layer in self._layers:
            layer.detach()

    def close(self) -> None:
        """Detach all programs and free the maps."""
        if hasattr(self, "maps"):
            self.maps.close()
        while self._layers:
            self._layers.pop().close()


def attach(
    lib: Libbpf,
    hooks: tuple[Hook, ...],
    requested: Requested,
    sizes: dict[str, int],
    types: tuple[str, ...] = ATTACH_TYPES,
) -> Instrument:
    """Attach those of ``hooks`` that the running kernel accepts.

    Args:
        lib: libbpf.
        hooks: the catalogue.
        requested: which of them to attach.
        sizes: of the rings ``calls``, ``steps`` and ``lives`` in bytes, powers of two; of ``sums``
            in keys, where calls are added up.
        types: types of attach points to use.

    Raises:
        KernelError: not even the tracepoints can be attached (no BPF, no privileges, no BTF).
    """
    trial = Trial(lib)
    instrument = Instrument(lib, sizes)
    try:
        if not BTF.exists():
            raise KernelError(
                "this kernel has no BTF (/sys/kernel/btf/vmlinux is missing), which the core "
                "loader needs; use --loader bcc, or --kernel for a stock kernel in the lab"
            )
        attach_planned(instrument, Only(trial, types, _NOT_ASKED), *requested.of(hooks, trial))
    except BaseException:
        instrument.close()
        raise
    finally:
        trial.close()
    return instrument
