"""Which loader is chosen and why, and what happens to users' probes before it runs."""

from __future__ import annotations

import struct
import sys

import pytest

from tracer.bpf import bcc_loader, taskpid, userprobe
from tracer.bpf.layouts import FIRST_USER_ID
from tracer.bpf.loaders import Loading
from tracer.bpf.plan import ALL_STEPS
from tracer.bpf.userprobe import Source, probes
from tracer.shared.catalogue import USER_PROBES, AttachPoint, hooks
from tracer.shared.errors import KernelError, ProbeError, TracerError, UsageError

PROBE = "int kprobe__tcp_poll(struct pt_regs *ctx)\n{\n\treturn 0;\n}\n"


@pytest.fixture
def btf(tmp_path):
    path = tmp_path / "vmlinux"
    path.touch()
    return path


def test_core_where_there_is_btf(btf):
    assert Loading().chosen(btf) == ("core", "this kernel has BTF")


def test_bcc_where_there_is_none(tmp_path):
    loader, because = Loading().chosen(tmp_path / "vmlinux")
    assert loader == "bcc"
    assert "no BTF" in because


def test_bcc_for_a_users_probe(btf):
    loading = Loading(probes=(Source("p.c", PROBE),))
    assert loading.chosen(btf) == ("bcc", "--probe is BCC source")
    with pytest.raises(UsageError, match="--loader core cannot load"):
        loading._replace(loader="core").chosen(btf)


def test_no_bcc_names_the_package(monkeypatch):
    monkeypatch.setitem(sys.modules, "bcc", None)
    with pytest.raises(KernelError, match="bcc on PyPI is something else"):
        bcc_loader.attach(None, hooks(), ALL_STEPS, {})


def test_no_text_names_what_builds_it(monkeypatch, tmp_path):
    monkeypatch.setattr(bcc_loader, "TEXT", tmp_path / "tracer.bcc.c")
    with pytest.raises(TracerError, match="run scripts/build"):
        bcc_loader.attach(None, hooks(), ALL_STEPS, {})


@pytest.mark.parametrize("loader", ["core", "bcc"])
def test_asked_for(loader, btf):
    assert Loading(loader).chosen(btf) == (loader, "asked for")


def test_unknown_loader(btf):
    with pytest.raises(UsageError, match="unknown loader 'bbc'; nearest: bcc"):
        Loading("bbc").chosen(btf)


def test_a_probe_is_a_hook_named_after_its_file():
    (probe,) = probes([Source("/home/me/tcp_state.c", PROBE)], hooks())
    assert (probe.hook.name, probe.hook.id, probe.hook.step) == ("tcp_state", FIRST_USER_ID, "USER")
    assert probe.hook.attach == (AttachPoint("kprobe", "tcp_poll"),)
    assert probe.programs == ("kprobe__tcp_poll",)
    first, second, *_ = probe.text.splitlines()
    assert (first, second) == (f"#define HOOK {FIRST_USER_ID}", '#line 1 "/home/me/tcp_state.c"')


def test_programs_in_comments_do_not_count():
    text = f"// int kprobe__a(void)\n/*\nint kprobe__b(void)\n*/\n{PROBE}"
    (probe,) = probes([Source("p.c", text)], hooks())
    assert probe.programs == ("kprobe__tcp_poll",)


def test_no_program():
    with pytest.raises(ProbeError, match=r"p\.c: no program found; needed: .*docs/probes\.md"):
        probes([Source("p.c", "int tcp_poll(void) { return 0; }")], hooks())


@pytest.mark.parametrize("name", ["do_poll", "tcp_poll"])
def test_a_name_that_a_hook_or_alias_has(name):
    with pytest.raises(UsageError, match=f"there is a hook {name}; rename the file"):
        probes([Source(f"{name}.c", PROBE)], hooks())


def test_a_name_twice():
    with pytest.raises(UsageError, match="there is a hook p"):
        probes([Source("a/p.c", PROBE), Source("b/p.c", PROBE)], hooks())


def test_too_many():
    room = USER_PROBES
    assert len(probes([Source(f"p{i}.c", PROBE) for i in range(room)], hooks())) == room
    with pytest.raises(UsageError, match=f"at most {room} are possible"):
        probes([Source(f"p{i}.c", PROBE) for i in range(room + 1)], hooks())


def test_a_file_that_is_not_there_or_not_text(tmp_path):
    with pytest.raises(UsageError, match="No such file"):
        userprobe.sources([str(tmp_path / "p.c")])
    (tmp_path / "q.c").write_bytes(b"\xff\xfe\xfa")
    with pytest.raises(UsageError, match=r"q\.c: not text"):
        userprobe.sources([str(tmp_path / "q.c")])


def test_where_a_task_has_its_pid():
    """bpf_get_current_pid_tgid() has the tgid above the pid; a task has the pid first."""
    tid, tgid = 4243, 4242
    task = struct.pack("<6I", 0, tgid, tid, tgid, 7, tid)
    assert taskpid.places(struct.pack("<Q", tgid << 32 | tid) + task) == {8}
