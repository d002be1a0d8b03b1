"""One loaded instance of the built object: its programs, links and breakpoints."""

from __future__ import annotations

import re
from typing import Final

from tracer.bpf import breakpoint as hardware
from tracer.bpf.instrument import RefusedError
from tracer.bpf.libbpf import Libbpf, Link, Map, Object, Program, errno_text
from tracer.bpf.maps import MAPS
from tracer.bpf.plan import Placement
from tracer.bpf.programs import missing_program
from tracer.bpf.tasks import PROGRAMS, tid_pages
from tracer.shared.catalogue import PROBES
from tracer.shared.errors import KernelError, TracerError
from tracer.shared.message import message

OBJECT: Final = PROBES / "tracer.bpf.o"
_FAILED: Final = re.compile(r"prog '(\w+)'.*failed to")


class RefusedPrograms(Exception):  # noqa: N818 -- caught by tracer.bpf.core, never seen outside
    """The verifier refused programs."""

    def __init__(self, refused: RefusedError) -> None:
        """Keep (hook, attach point) → why."""
        super().__init__(refused)
        self.refused = refused


class Layer:
    """One loaded instance of the object, with some of its programs."""

    def __init__(
        self,
        lib: Libbpf,
        placements: tuple[Placement, ...],
        sizes: dict[str, int],
        base: Layer | None,
        iterators: tuple[str, ...] = (),
    ) -> None:
        """Load the programs of ``placements`` and ``iterators``, sharing the maps of ``base``.

        Raises:
            RefusedPrograms: the verifier refused some of them.
            KernelError: the object could not be loaded at all.
            TracerError: there is no object, or it lacks a placement's program.
        """
        self._lib = lib
        if not OBJECT.exists():
            raise TracerError(
                message(
                    "{name} is missing: in a checkout run scripts/build (it needs clang); a "
                    "wheel contains it",
                    name=OBJECT.name,
                )
            )
        self._object = lib.object_open(OBJECT)
        self._links: list[Link] = []
        try:
            self._select(placements, iterators if base else tuple(f"{p}_raw_tp" for p in PROGRAMS))
            self._place_maps(sizes, base)
            self._load(placements)
        except BaseException:
            self.close()
            raise

    def map_fd(self, name: str) -> int:
        """Return the fd of a map."""
        return self._lib.map_fd(self._map(name))

    def program_fd(self, name: str) -> int:
        """Return the fd of a loaded program."""
        return self._lib.program_fd(self._program(name))

    def _program(self, name: str) -> Program:
        try:
            return self._lib.program(self._object, name)
        except OSError as error:
            raise missing_program(name) from error

    def _map(self, name: str) -> Map:
        return self._lib.map(self._object, name)

    def _select(self, placements: tuple[Placement, ...], unattached: tuple[str, ...]) -> None:
        for program in self._lib.programs(self._object):
            self._lib.program_set_autoload(program, False)
        for name in unattached:
            self._lib.program_set_autoload(self._program(name), True)
        for placement in placements:
            program = self._program(placement.program)
            self._lib.program_set_autoload(program, True)
            if placement.point.by_trampoline:
                self._lib.program_set_attach_target(program, placement.point.symbol)

    def _place_maps(self, sizes: dict[str, int], base: Layer | None) -> None:
        sizes = {**sizes, "tids": tid_pages()}
        for name in MAPS:
            if base:
                self._lib.map_reuse_fd(self._map(name), base.map_fd(name))
            elif name in sizes:
                self._lib.map_set_max_entries(self._map(name), sizes[name])

    def _load(self, placements: tuple[Placement, ...]) -> None:
        self._lib.messages.clear()
        try:
            self._lib.object_load(self._object)
        except OSError as error:
            text = "\n".join(self._lib.messages)
            names = set(_FAILED.findall(text))
            refused = {
                (placement.hook, placement.point): f"{errno_text(error)} from the verifier"
                for placement in placements
                if placement.program in names
            }
            if refused:
                raise RefusedPrograms(refused) from error
            raise KernelError(
                f"the kernel did not load the probes: {errno_text(error)}\n{text[-2000:]}".rstrip()
            ) from error

    def attach(self, placement: Placement) -> None:
        """Attach one program.

        Raises:
            OSError: the kernel refused it.
        """
        program, symbol = self._program(placement.program), placement.point.symbol
        match placement.point.type:
            case "fentry" | "fexit":
                link = self._lib.attach_trace(program)
            case "kprobe":
                link = self._lib.attach_kprobe(program, symbol)
            case "raw_tp":
                link = self._lib.attach_raw_tracepoint(program, symbol)
            case _:
                self._set_breakpoints(program, hardware.address_of(placement.point.symbol))
                return
        self._links.append(link)

    def iterate(self, name: str) -> None:
        """Run an iterator's program to its end; OSError: the kernel refused it."""
        self._lib.run_iterator(self._program(name))

    def _set_breakpoints(self, program: Program, address: int) -> None:
        """Set a breakpoint on every processor, or on none and raise OSError."""
        links: list[Link] = []
        try:
            for cpu in hardware.online_cpus():
                links.append(self._break_on(cpu, program, address))
        except OSError:
            self._destroy(links)
            raise
        self._links += links

    def _break_on(self, cpu: int, program: Program, address: int) -> Link:
        event = hardware.open_breakpoint(address, cpu)
        try:
            return self._lib.attach_perf_event(program, event)
        except OSError:
            self._lib.close_fd(event)
            raise

    def _destroy(self, links: list[Link]) -> None:
        while links:
            self._lib.link_destroy(links.pop())

    def detach(self) -> None:
        """Detach all programs of the layer; its maps stay readable."""
        self._destroy(self._links)

    def close(self) -> None:
        """Detach and unload."""
        self.detach()
        if self._object:
            self._lib.object_close(self._object)
            self._object = Object(0)
