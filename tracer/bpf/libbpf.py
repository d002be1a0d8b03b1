"""The part of libbpf that the core loader uses, by ctypes.

libbpf.so.1 comes with python3-bpfcc. Every wrapper turns libbpf's error into ``OSError`` with
the errno, so that the callers can say what the kernel refused. Source: tools/lib/bpf/libbpf.h
and bpf.h, 1.1. Standard library only.
"""

from __future__ import annotations

import ctypes as c
import ctypes.util
import errno
import os
from typing import Any, Final

PROG_TYPE: Final = {"kprobe": 2, "raw_tp": 17, "fentry": 26, "fexit": 26, "breakpoint": 7}
ATTACH_TYPE: Final = {"kprobe": 0, "raw_tp": 0, "fentry": 24, "fexit": 25, "breakpoint": 0}
BTF_KIND_FUNC: Final = 12
_BPF_ANY: Final = 0

PrintFn = c.CFUNCTYPE(c.c_int, c.c_int, c.c_char_p, c.c_void_p)


class _ProgLoadOpts(c.Structure):
    """struct bpf_prog_load_opts, up to the fields used here."""

    _fields_ = (
        ("sz", c.c_size_t),
        ("attempts", c.c_int),
        ("expected_attach_type", c.c_uint),
        ("prog_btf_fd", c.c_uint),
        ("prog_flags", c.c_uint),
        ("prog_ifindex", c.c_uint),
        ("kern_version", c.c_uint),
        ("attach_btf_id", c.c_uint),
        ("attach_prog_fd", c.c_uint),
        ("attach_btf_obj_fd", c.c_uint),
        ("fd_array", c.c_void_p),
        ("func_info", c.c_void_p),
        ("func_info_cnt", c.c_uint),
        ("func_info_rec_size", c.c_uint),
        ("line_info", c.c_void_p),
        ("line_info_cnt", c.c_uint),
        ("line_info_rec_size", c.c_uint),
        ("log_level", c.c_uint),
        ("log_size", c.c_uint),
        ("log_buf", c.c_char_p),
    )


class _TestRunOpts(c.Structure):
    """struct bpf_test_run_opts, of 1.0."""

    _fields_ = (
        ("sz", c.c_size_t),
        ("data_in", c.c_void_p),
        ("data_out", c.c_void_p),
        ("data_size_in", c.c_uint),
        ("data_size_out", c.c_uint),
        ("ctx_in", c.c_void_p),
        ("ctx_out", c.c_void_p),
        ("ctx_size_in", c.c_uint),
        ("ctx_size_out", c.c_uint),
        ("retval", c.c_uint),
        ("repeat", c.c_int),
        ("duration", c.c_uint),
        ("flags", c.c_uint),
        ("cpu", c.c_uint),
        ("batch_size", c.c_uint),
    )


_SIGNATURES: Final[dict[str, tuple[Any, ...]]] = {
    # name: (result, arguments...)
    "libbpf_version_string": (c.c_char_p,),
    "libbpf_set_print": (c.c_void_p, PrintFn),
    "btf__load_vmlinux_btf": (c.c_void_p,),
    "btf__find_by_name_kind": (c.c_int, c.c_void_p, c.c_char_p, c.c_uint),
    "btf__free": (None, c.c_void_p),
    "bpf_prog_load": (
        c.c_int, c.c_int, c.c_char_p, c.c_char_p, c.c_void_p, c.c_size_t, c.c_void_p,
    ),
    "bpf_prog_test_run_opts": (c.c_int, c.c_int, c.c_void_p),
    "bpf_map_create": (
        c.c_int, c.c_int, c.c_char_p, c.c_uint, c.c_uint, c.c_uint, c.c_void_p,
    ),
    "bpf_raw_tracepoint_open": (c.c_int, c.c_char_p, c.c_int),
    "bpf_object__open_file": (c.c_void_p, c.c_char_p, c.c_void_p),
    "bpf_object__load": (c.c_int, c.c_void_p),
    "bpf_object__close": (None, c.c_void_p),
    "bpf_object__next_program": (c.c_void_p, c.c_void_p, c.c_void_p),
    "bpf_object__find_program_by_name": (c.c_void_p, c.c_void_p, c.c_char_p),
    "bpf_object__find_map_by_name": (c.c_void_p, c.c_void_p, c.c_char_p),
    "bpf_program__name": (c.c_char_p, c.c_void_p),
    "bpf_program__fd": (c.c_int, c.c_void_p),
    "bpf_program__set_autoload": (c.c_int, c.c_void_p, c.c_bool),
    "bpf_program__set_attach_target": (c.c_int, c.c_void_p, c.c_int, c.c_char_p),
    "bpf_program__attach_trace": (c.c_void_p, c.c_void_p),
    "bpf_program__attach_raw_tracepoint": (c.c_void_p, c.c_void_p, c.c_char_p),
    "bpf_program__attach_kprobe": (c.c_void_p, c.c_void_p, c.c_bool, c.c_char_p),
    "bpf_program__attach_perf_event": (c.c_void_p, c.c_void_p, c.c_int),
    "bpf_map__reuse_fd": (c.c_int, c.c_void_p, c.c_int),
    "bpf_link__destroy": (c.c_int, c.c_void_p),
    "bpf_map__fd": (c.c_int, c.c_void_p),
    "bpf_map__set_max_entries": (c.c_int, c.c_void_p, c.c_uint),
    "bpf_map_lookup_elem": (c.c_int, c.c_int, c.c_void_p, c.c_void_p),
    "bpf_map_update_elem": (c.c_int, c.c_int, c.c_void_p, c.c_void_p, c.c_ulonglong),
    "bpf_map_delete_elem": (c.c_int, c.c_int, c.c_void_p),
    "bpf_map_get_next_key": (c.c_int, c.c_int, c.c_void_p, c.c_void_p),
    "bpf_map_lookup_batch": (
        c.c_int, c.c_int, c.c_void_p, c.c_void_p, c.c_void_p, c.c_void_p, c.c_void_p, c.c_void_p,
    ),
    "bpf_obj_get_info_by_fd": (c.c_int, c.c_int, c.c_void_p, c.c_void_p),
}  # fmt: skip

_OPTS_BYTES: Final = c.sizeof(_TestRunOpts)
_RETURN_ZERO: Final = bytes.fromhex("b7000000000000009500000000000000")
"""``r0 = 0; exit``: the trivial program by which a refusal is found."""


class Libbpf:
    """libbpf.so.1, with its messages collected instead of printed."""

    def __init__(self) -> None:
        """Load the library.

        Raises:
            OSError: libbpf.so.1 is not installed.
        """
        self._lib = c.CDLL("libbpf.so.1", use_errno=True)
        for name, (result, *arguments) in _SIGNATURES.items():
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

    def call(self, name: str, *arguments: Any) -> int:
        """Call a function that returns an int and raise ``OSError`` where that is negative."""
        result: int = getattr(self._lib, name)(*arguments)
        if result < 0:
            raise os_error(-result if result != -1 else c.get_errno(), name)
        return result

    def pointer(self, name: str, *arguments: Any) -> int:
        """Call a function that returns a pointer and raise ``OSError`` where that is NULL."""
        c.set_errno(0)
        result: int | None = getattr(self._lib, name)(*arguments)
        if not result:
            raise os_error(c.get_errno() or errno.ENOENT, name)
        return result

    def void(self, name: str, *arguments: Any) -> Any:
        """Call a function whose result is not an error."""
        return getattr(self._lib, name)(*arguments)

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
        options = _ProgLoadOpts(
            sz=c.sizeof(_ProgLoadOpts),
            expected_attach_type=ATTACH_TYPE[kind],
            attach_btf_id=btf_id,
        )
        return self.call(
            "bpf_prog_load", PROG_TYPE[kind], b"trial", b"GPL", instructions,
            len(instructions) // 8, c.byref(options),
        )  # fmt: skip

    def run_here(self, program_fd: int, *arguments: int) -> int:
        """Run a raw tracepoint program once, in the context of the calling thread.

        Args:
            program_fd: the program.
            arguments: what it finds in ``ctx->args``.

        Returns what the program returned.

        Raises:
            OSError: the kernel cannot do that.
        """
        context = (c.c_uint64 * len(arguments))(*arguments)
        options = _TestRunOpts(sz=_OPTS_BYTES)
        if arguments:
            options.ctx_in = c.cast(context, c.c_void_p)
            options.ctx_size_in = c.sizeof(context)
        self.call("bpf_prog_test_run_opts", program_fd, c.byref(options))
        returned: int = options.retval
        return returned

    def recursion_misses(self, program_fd: int) -> int | None:
        """Return how often the kernel skipped a program; None: it does not count that.

        Reads bpf_prog_info.recursion_misses (include/uapi/linux/bpf.h, offset 208).
        """
        offset, size = 208, 8
        info = c.create_string_buffer(offset + size)
        length = c.c_uint32(len(info))
        self.call("bpf_obj_get_info_by_fd", program_fd, info, c.byref(length))
        if length.value < offset + size:
            return None
        return int.from_bytes(info.raw[offset : offset + size], "little")


def os_error(number: int, what: str) -> OSError:
    """Return the ``OSError`` for an errno, naming the libbpf call it came from."""
    return OSError(number, os.strerror(number), what)


def errno_text(error: OSError) -> str:
    """Return ``EPERM (Operation not permitted)``.

    524 is the kernel's own ENOTSUPP, which has no name in user space.
    """
    number = error.errno or 0
    if number == 524:
        return "ENOTSUPP (not supported by this kernel)"
    return f"{errno.errorcode.get(number, number)} ({os.strerror(number)})"
