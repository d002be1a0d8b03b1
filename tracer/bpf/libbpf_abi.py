"""What ctypes must know about libbpf: numbers, structs and signatures of the parts used.

Source: tools/lib/bpf/libbpf.h and bpf.h, 1.1; include/uapi/linux/bpf.h. Standard library only.
"""

from __future__ import annotations

import ctypes as c
from typing import Any, Final

PROG_TYPE: Final = {"kprobe": 2, "raw_tp": 17, "fentry": 26, "fexit": 26, "breakpoint": 7}
ATTACH_TYPE: Final = {"kprobe": 0, "raw_tp": 0, "fentry": 24, "fexit": 25, "breakpoint": 0}
BTF_KIND_STRUCT: Final = 4
BTF_KIND_FUNC: Final = 12
ARRAY: Final = 2
"""BPF_MAP_TYPE_ARRAY."""

PrintFn = c.CFUNCTYPE(c.c_int, c.c_int, c.c_char_p, c.c_void_p)


class ProgLoadOpts(c.Structure):
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


class BtfType(c.Structure):
    """struct btf_type (include/uapi/linux/btf.h); a struct's members follow it."""

    _fields_ = (("name_off", c.c_uint32), ("info", c.c_uint32), ("size", c.c_uint32))

    @property
    def members(self) -> int:
        """The number of members: BTF_INFO_VLEN()."""
        return int(self.info) & 0xFFFF


class BtfMember(c.Structure):
    """struct btf_member."""

    _fields_ = (("name_off", c.c_uint32), ("type", c.c_uint32), ("offset", c.c_uint32))


class RunOpts(c.Structure):
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


SIGNATURES: Final[dict[str, tuple[Any, ...]]] = {
    # name: (result, arguments...)
    "libbpf_version_string": (c.c_char_p,),
    "libbpf_set_print": (c.c_void_p, PrintFn),
    "btf__load_vmlinux_btf": (c.c_void_p,),
    "btf__find_by_name_kind": (c.c_int, c.c_void_p, c.c_char_p, c.c_uint),
    "btf__type_by_id": (c.c_void_p, c.c_void_p, c.c_uint),
    "btf__name_by_offset": (c.c_char_p, c.c_void_p, c.c_uint),
    "btf__free": (None, c.c_void_p),
    "bpf_prog_load": (
        c.c_int, c.c_int, c.c_char_p, c.c_char_p, c.c_void_p, c.c_size_t, c.c_void_p,
    ),
    "bpf_prog_test_run_opts": (c.c_int, c.c_int, c.c_void_p),
    "bpf_map_create": (
        c.c_int, c.c_int, c.c_char_p, c.c_uint, c.c_uint, c.c_uint, c.c_void_p,
    ),
    "bpf_object__open_file": (c.c_void_p, c.c_char_p, c.c_void_p),
    "bpf_object__load": (c.c_int, c.c_void_p),
    "bpf_object__close": (None, c.c_void_p),
    "bpf_object__next_program": (c.c_void_p, c.c_void_p, c.c_void_p),
    "bpf_object__find_program_by_name": (c.c_void_p, c.c_void_p, c.c_char_p),
    "bpf_object__find_map_by_name": (c.c_void_p, c.c_void_p, c.c_char_p),
    "bpf_program__fd": (c.c_int, c.c_void_p),
    "bpf_program__set_autoload": (c.c_int, c.c_void_p, c.c_bool),
    "bpf_program__set_attach_target": (c.c_int, c.c_void_p, c.c_int, c.c_char_p),
    "bpf_program__attach_trace": (c.c_void_p, c.c_void_p),
    "bpf_program__attach_raw_tracepoint": (c.c_void_p, c.c_void_p, c.c_char_p),
    "bpf_program__attach_kprobe": (c.c_void_p, c.c_void_p, c.c_bool, c.c_char_p),
    "bpf_program__attach_perf_event": (c.c_void_p, c.c_void_p, c.c_int),
    "bpf_program__attach_iter": (c.c_void_p, c.c_void_p, c.c_void_p),
    "bpf_iter_create": (c.c_int, c.c_int),
    "bpf_link__fd": (c.c_int, c.c_void_p),
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
