"""One loaded instance of the built object: its programs, links and breakpoints."""

from __future__ import annotations

import re
from typing import Final

from tracer.bpf import breakpoint as hardware
from tracer.bpf.catalogue import PROBES
from tracer.bpf.instrument import RefusedError
from tracer.bpf.libbpf import Libbpf, errno_text
from tracer.bpf.maps import MAPS
from tracer.bpf.plan import Placement
from tracer.shared.errors import KernelError, TracerError
from tracer.shared.say import say

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
        rings: dict[str, int],
        base: Layer | None,
    ) -> None:
        """Load the programs of ``placements``, sharing the maps of ``base``.

        Raises:
            RefusedPrograms: the verifier refused some of them.
            KernelError: the object could not be loaded at all.
        """
        self._lib = lib
        if not OBJECT.exists():
            raise TracerError(
                say("{name} is not built; run scripts/build (it needs clang)", name=OBJECT.name)
            )
        self._object = lib.pointer("bpf_object__open_file", str(OBJECT).encode(), None)
        self._links: list[int] = []
        self._breakpoints: list[int] = []
        try:
            self._select(placements)
            self._place_maps(rings, base)
            self._load(placements)
        except BaseException:
            self.close()
            raise

    def program(self, name: str) -> int:
        """Return the ``bpf_program *`` of a name."""
        return self._lib.pointer("bpf_object__find_program_by_name", self._object, name.encode())

    def map(self, name: str) -> int:
        """Return the ``bpf_map *`` of a name."""
        return self._lib.pointer("bpf_object__find_map_by_name", self._object, name.encode())

    def map_fd(self, name: str) -> int:
        """Return the fd of a map."""
        return self._lib.call("bpf_map__fd", self.map(name))

    def _select(self, placements: tuple[Placement, ...]) -> None:
        program = self._lib.void("bpf_object__next_program", self._object, None)
        while program:
            self._lib.call("bpf_program__set_autoload", program, False)
            program = self._lib.void("bpf_object__next_program", self._object, program)
        for placement in placements:
            program = self.program(placement.program)
            self._lib.call("bpf_program__set_autoload", program, True)
            if placement.point.by_trampoline:
                target = placement.point.symbol.encode()
                self._lib.call("bpf_program__set_attach_target", program, 0, target)

    def _place_maps(self, rings: dict[str, int], base: Layer | None) -> None:
        for name in MAPS:
            if base:
                self._lib.call("bpf_map__reuse_fd", self.map(name), base.map_fd(name))
            elif name in rings:
                self._lib.call("bpf_map__set_max_entries", self.map(name), rings[name])

    def _load(self, placements: tuple[Placement, ...]) -> None:
        self._lib.messages.clear()
        try:
            self._lib.call("bpf_object__load", self._object)
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
        """Attach one program; a breakpoint waits for the task that it is to be set on.

        Raises:
            OSError: the kernel refused it.
        """
        program, symbol = self.program(placement.program), placement.point.symbol.encode()
        match placement.point.type:
            case "fentry" | "fexit":
                link = self._lib.pointer("bpf_program__attach_trace", program)
            case "kprobe":
                link = self._lib.pointer("bpf_program__attach_kprobe", program, False, symbol)
            case "raw_tp":
                link = self._lib.pointer("bpf_program__attach_raw_tracepoint", program, symbol)
            case _:
                return
        self._links.append(link)

    def set_breakpoint(self, placement: Placement, tid: int) -> None:
        """Set the breakpoint of ``placement`` on a task and its future children.

        Raises:
            OSError: the kernel refused it.
        """
        event = hardware.open_breakpoint(hardware.address_of(placement.point.symbol), tid)
        try:
            link = self._lib.pointer(
                "bpf_program__attach_perf_event", self.program(placement.program), event
            )
        except OSError:
            self._lib.close_fd(event)
            raise
        self._breakpoints.append(link)

    def drop_breakpoints(self) -> None:
        """Remove the breakpoints of the task that was traced before."""
        while self._breakpoints:
            self._lib.void("bpf_link__destroy", self._breakpoints.pop())

    def program_fd(self, name: str) -> int:
        """Return the fd of a loaded program."""
        return self._lib.call("bpf_program__fd", self.program(name))

    def detach(self) -> None:
        """Detach all programs of the layer; its maps stay readable."""
        self.drop_breakpoints()
        while self._links:
            self._lib.void("bpf_link__destroy", self._links.pop())

    def close(self) -> None:
        """Detach and unload."""
        self.detach()
        if self._object:
            self._lib.void("bpf_object__close", self._object)
            self._object = 0
