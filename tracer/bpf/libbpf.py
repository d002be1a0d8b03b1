"""The part of libbpf that the loaders use, by ctypes.

libbpf.so.1 is the system's. Every method turns libbpf's error into ``OSError`` with the errno, so
that callers can say what the kernel refused; methods are named after libbpf's functions. Standard
library only.
"""

from __future__ import annotations

import ctypes as c
import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NewType

from tracer.bpf.libbpf_abi import (
    ARRAY,
    ATTACH_TYPE,
    BTF_KIND_FUNC,
    BTF_KIND_STRUCT,
    PROG_TYPE,
    SIGNATURES,
    BtfMember,
    BtfType,
    PrintFn,
    ProgLoadOpts,
    RunOpts,
)

Btf = NewType("Btf", int)
Object = NewType("Object", int)
Program = NewType("Program", int)
Map = NewType("Map", int)
Link = NewType("Link", int)
"""Pointers to libbpf's structs, under their names."""

Memory = c.c_uint32 | c.c_uint64 | c.Structure | c.Array[Any]
"""A key or value of a map; its size must be the map's."""

_RETURN_ZERO: Final = bytes.fromhex("b7000000000000009500000000000000")
"""``r0 = 0; exit``: the trivial program that tests what the kernel refuses."""


class Libbpf:
    """libbpf.so.1, with its messages collected instead of printed."""

    def __init__(self) -> None:
        """Load the library.

        Raises:
            OSError: libbpf.so.1 is not installed.
        """
        self._lib = c.CDLL("libbpf.so.1", use_errno=True)
        for name, (result, *arguments) in SIGNATURES.items():
            function = getattr(self._lib, name)
            function.restype, function.argtypes = result, arguments
        self.messages: list[str] = []
        self._print = PrintFn(self._collect)
        self._lib.libbpf_set_print(self._print)
        self._vsnprintf = c.CDLL(None).vsnprintf
        self._vsnprintf.argtypes = (c.c_char_p, c.c_size_t, c.c_char_p, c.c_void_p)

    def _collect(self, level: int, template: bytes, arguments: int) -> int:
        if level > 0:  # 0 is LIBBPF_WARN; info and debug are not wanted
            return 0
        buffer = c.create_string_buffer(1 << 16)
        self._vsnprintf(buffer, len(buffer), template, arguments)
        self.messages.append(buffer.value.decode(errors="replace").strip())
        return 0

    def version(self) -> str:
        """Return the version of the library, ``1.1.0``."""
        text: bytes = self._lib.libbpf_version_string()
        return text.decode().removeprefix("v")

    def _call(self, name: str, *arguments: Any) -> int:
        """Call a function that returns an int and raise ``OSError`` where that is negative."""
        result: int = getattr(self._lib, name)(*arguments)
        if result < 0:
            raise os_error(-result if result != -1 else c.get_errno(), name)
        return result

    def _pointer(self, name: str, *arguments: Any) -> int:
        """Call a function that returns a pointer and raise ``OSError`` where that is NULL."""
        c.set_errno(0)
        result: int | None = getattr(self._lib, name)(*arguments)
        if not result:
            raise os_error(c.get_errno() or errno.ENOENT, name)
        return result

    # --- programs of instructions ----------------------------------------------------------

    @staticmethod
    def close_fd(fd: int) -> None:
        """Close an fd of a program or map."""
        os.close(fd)

    def load_trivial(self, kind: str, btf_id: int = 0) -> int:
        """Load ``return 0`` as a program of a type and return its fd.

        Raises:
            OSError: the kernel refused it.
        """
        return self.load_program(kind, _RETURN_ZERO, btf_id)

    def load_program(self, kind: str, instructions: bytes, btf_id: int = 0) -> int:
        """Load instructions as a program of a type and return its fd.

        Raises:
            OSError: the kernel refused it.
        """
        options = ProgLoadOpts(
            sz=c.sizeof(ProgLoadOpts),
            expected_attach_type=ATTACH_TYPE[kind],
            attach_btf_id=btf_id,
        )
        return self._call(
            "bpf_prog_load", PROG_TYPE[kind], b"trial", b"GPL", instructions,
            len(instructions) // 8, c.byref(options),
        )  # fmt: skip

    def run_here(self, program_fd: int, *arguments: int) -> int:
        """Run a raw tracepoint program once, in the context of the calling thread.

        Args:
            program_fd: the program.
            arguments: what it gets in ``ctx->args``.

        Returns what the program returned.

        Raises:
            OSError: the kernel cannot do that.
        """
        context = (c.c_uint64 * len(arguments))(*arguments)
        options = RunOpts(sz=c.sizeof(RunOpts))
        if arguments:
            options.ctx_in = c.cast(context, c.c_void_p)
            options.ctx_size_in = c.sizeof(context)
        self._call("bpf_prog_test_run_opts", program_fd, c.byref(options))
        returned: int = options.retval
        return returned

    def recursion_misses(self, program_fd: int) -> int | None:
        """Return how often the kernel skipped a program; None: the kernel does not count that.

        Reads bpf_prog_info.recursion_misses (include/uapi/linux/bpf.h, offset 208).
        """
        offset, size = 208, 8
        info = c.create_string_buffer(offset + size)
        length = c.c_uint32(len(info))
        self._call("bpf_obj_get_info_by_fd", program_fd, info, c.byref(length))
        if length.value < offset + size:
            return None
        return int.from_bytes(info.raw[offset : offset + size], "little")

    # --- the kernel's BTF --------------------------------------------------------------------

    def load_vmlinux_btf(self) -> Btf:
        """Return the running kernel's BTF; OSError: there is none, or it is not readable."""
        return Btf(self._pointer("btf__load_vmlinux_btf"))

    def find_function(self, btf: Btf, name: str) -> int:
        """Return the BTF id of a kernel function; OSError: there is none of that name."""
        return self._call("btf__find_by_name_kind", btf, name.encode(), BTF_KIND_FUNC)

    def has_field(self, btf: Btf, struct: str, field: str) -> bool:
        """Tell whether the kernel's BTF has a struct with a field of that name."""
        try:
            number = self._call("btf__find_by_name_kind", btf, struct.encode(), BTF_KIND_STRUCT)
        except OSError:
            return False
        place = self._pointer("btf__type_by_id", btf, number)
        members = BtfMember * BtfType.from_address(place).members
        return any(
            self._lib.btf__name_by_offset(btf, member.name_off) == field.encode()
            for member in members.from_address(place + c.sizeof(BtfType))
        )

    def free_btf(self, btf: Btf) -> None:
        """Free what ``load_vmlinux_btf`` gave."""
        self._lib.btf__free(btf)

    # --- maps, by fd -------------------------------------------------------------------------

    def create_array(self, name: str, value_bytes: int) -> int:
        """Make an array of one value and return its fd; OSError: the kernel refused."""
        return self._call("bpf_map_create", ARRAY, name.encode(), 4, value_bytes, 1, None)

    def map_value_bytes(self, map_fd: int) -> int:
        """Return the size of a map's values (struct bpf_map_info)."""
        info = (c.c_uint32 * 4)()  # type, id, key_size, value_size
        length = c.c_uint32(c.sizeof(info))
        self._call("bpf_obj_get_info_by_fd", map_fd, info, c.byref(length))
        return int(info[3])

    def map_lookup(self, map_fd: int, key: Memory, value: Memory) -> None:
        """Copy the value of ``key`` into ``value``; OSError ENOENT: there is none."""
        self._call("bpf_map_lookup_elem", map_fd, c.byref(key), c.byref(value))

    def map_update(self, map_fd: int, key: Memory, value: Memory) -> None:
        """Set the value of ``key``; OSError: the kernel refused it."""
        self._call("bpf_map_update_elem", map_fd, c.byref(key), c.byref(value), 0)

    def map_delete(self, map_fd: int, key: Memory) -> None:
        """Delete ``key``; OSError ENOENT: it is not there."""
        self._call("bpf_map_delete_elem", map_fd, c.byref(key))

    def map_next_key(self, map_fd: int, key: Memory | None, following: Memory) -> bool:
        """Copy the key after ``key`` (None: the first) into ``following``; False: there is none."""
        try:
            before = None if key is None else c.byref(key)
            self._call("bpf_map_get_next_key", map_fd, before, c.byref(following))
        except OSError as error:
            if error.errno == errno.ENOENT:
                return False
            raise
        return True

    def map_read(self, map_fd: int, keys: Memory, values: Memory, most: int) -> Iterator[int]:
        """Copy a hash map batch by batch into two arrays; yield the size of each batch.

        Args:
            map_fd: the map.
            keys: array of ``most`` keys, overwritten by each batch.
            values: array of as many values.
            most: at least as many keys as can share a bucket of the map.

        Raises:
            OSError: the kernel is older than 5.6, and cannot do that.
        """
        place, count, before = c.c_uint32(0), c.c_uint32(0), None
        while True:
            count.value, ended = most, False
            try:
                self._call(
                    "bpf_map_lookup_batch", map_fd, before, c.byref(place), c.byref(keys),
                    c.byref(values), c.byref(count), None,
                )  # fmt: skip
            except OSError as error:
                if error.errno != errno.ENOENT:
                    raise
                ended = True
            yield count.value
            if ended:
                return
            before = c.byref(place)

    # --- an object file: its programs and maps -----------------------------------------------

    def object_open(self, path: Path) -> Object:
        """Open an object file; OSError: it cannot be read, or is not one."""
        return Object(self._pointer("bpf_object__open_file", str(path).encode(), None))

    def object_load(self, opened: Object) -> None:
        """Load the programs set to be loaded; OSError: the kernel refused some (see messages)."""
        self._call("bpf_object__load", opened)

    def object_close(self, opened: Object) -> None:
        """Unload and free."""
        self._lib.bpf_object__close(opened)

    def programs(self, opened: Object) -> Iterator[Program]:
        """Yield the programs of an object."""
        program = self._lib.bpf_object__next_program(opened, None)
        while program:
            yield Program(program)
            program = self._lib.bpf_object__next_program(opened, program)

    def program(self, opened: Object, name: str) -> Program:
        """Return the program of that name; OSError: there is none."""
        return Program(self._pointer("bpf_object__find_program_by_name", opened, name.encode()))

    def program_set_autoload(self, program: Program, on: bool) -> None:
        """Say whether ``object_load`` is to load a program."""
        self._call("bpf_program__set_autoload", program, on)

    def program_set_attach_target(self, program: Program, function: str) -> None:
        """Say which kernel function a program is for, before it is loaded."""
        self._call("bpf_program__set_attach_target", program, 0, function.encode())

    def program_fd(self, program: Program) -> int:
        """Return the fd of a loaded program."""
        return self._call("bpf_program__fd", program)

    def map(self, opened: Object, name: str) -> Map:
        """Return the map of that name; OSError: there is none."""
        return Map(self._pointer("bpf_object__find_map_by_name", opened, name.encode()))

    def map_fd(self, of: Map) -> int:
        """Return the fd of a loaded map."""
        return self._call("bpf_map__fd", of)

    def map_reuse_fd(self, of: Map, map_fd: int) -> None:
        """Make a map reuse an existing one, before it is loaded."""
        self._call("bpf_map__reuse_fd", of, map_fd)

    def map_set_max_entries(self, of: Map, count: int) -> None:
        """Say how large a map will be, before it is loaded."""
        self._call("bpf_map__set_max_entries", of, count)

    # --- links: attached programs ------------------------------------------------------------

    def attach_trace(self, program: Program) -> Link:
        """Attach to the target through a trampoline; OSError: the kernel refused it."""
        return Link(self._pointer("bpf_program__attach_trace", program))

    def attach_kprobe(self, program: Program, function: str) -> Link:
        """Attach to a function's entry; OSError: the kernel refused it."""
        return Link(self._pointer("bpf_program__attach_kprobe", program, False, function.encode()))

    def attach_raw_tracepoint(self, program: Program, name: str) -> Link:
        """Attach to a tracepoint; OSError: the kernel refused it."""
        return Link(self._pointer("bpf_program__attach_raw_tracepoint", program, name.encode()))

    def attach_perf_event(self, program: Program, event_fd: int) -> Link:
        """Attach to a perf event, which the link then owns; OSError: the kernel refused it."""
        return Link(self._pointer("bpf_program__attach_perf_event", program, event_fd))

    def run_iterator(self, program: Program) -> None:
        """Run an iterator program to its end; OSError: the kernel refused."""
        link = Link(self._pointer("bpf_program__attach_iter", program, None))
        try:
            iterator = self._call("bpf_iter_create", self._call("bpf_link__fd", link))
            try:
                _read_to_end(iterator)
            finally:
                os.close(iterator)
        finally:
            self.link_destroy(link)

    def link_destroy(self, link: Link) -> None:
        """Detach."""
        self._lib.bpf_link__destroy(link)


def _read_to_end(iterator: int) -> None:
    """Read to the end; nothing is written, but each read stops after a million objects."""
    while True:
        try:
            if not os.read(iterator, 4096):
                return
        except BlockingIOError:
            continue


def os_error(number: int, what: str) -> OSError:
    """Return the ``OSError`` for an errno, naming the libbpf call that gave it."""
    return OSError(number, os.strerror(number), what)


def errno_text(error: OSError) -> str:
    """Return ``EPERM (Operation not permitted)``.

    524 is the kernel's own ENOTSUPP, which has no name in user space.
    """
    number = error.errno or 0
    if number == 524:
        return "ENOTSUPP (not supported by this kernel)"
    return f"{errno.errorcode.get(number, number)} ({os.strerror(number)})"
