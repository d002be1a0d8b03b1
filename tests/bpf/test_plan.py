"""Which attach point a hook gets, from what a kernel refuses."""

from __future__ import annotations

import errno
import os

import pytest

from tracer.bpf import breakpoint as hardware
from tracer.bpf import plan as planning
from tracer.bpf.plan import EVERY_FAMILY, Requested, Trial, left_out, make_plan, with_silent
from tracer.shared.catalogue import AttachPoint, Hook, for_calls, hooks

FENTRY = AttachPoint("fentry", "do_poll")
KPROBE = AttachPoint("kprobe", "do_poll")
ENCLOSING = AttachPoint("fentry", "do_sys_poll")
DO_POLL = Hook(
    name="do_poll",
    id=62,
    attach=(FENTRY, KPROBE),
    enclosing=(ENCLOSING,),
    step="FUNCTION",
    feeds=("bytes_out:poll", "bytes_out:select"),
    detail="steps",
    calibrate=("poll",),
    known="ready",
    aliases=(),
    measures="",
    source="",
)
SOCK_POLL = DO_POLL._replace(name="sock_poll", id=10, detail="calls", enclosing=())


class Kernel:
    """A kernel that refuses given attach points."""

    def __init__(self, *refused: AttachPoint) -> None:
        self.refused = refused

    def refusal(self, point):
        return "EPERM" if point in self.refused else None


def plan_of(kernel, refused=None, hook=DO_POLL):
    (choice,) = make_plan((hook,), kernel, refused or {})
    return choice


def test_first_point():
    choice = plan_of(Kernel())
    assert choice.point == FENTRY
    assert choice.placement.program == "do_poll_fentry"
    assert (choice.reason, choice.stands_for) == (None, None)


def test_kprobe_where_fentry_is_refused():
    choice = plan_of(Kernel(FENTRY))
    assert choice.point == KPROBE
    assert choice.placement.program == "do_poll_kprobe"
    assert choice.reason == "fentry:do_poll: EPERM"
    assert choice.stands_for is None


def test_enclosing_function_says_what_it_stands_for():
    row = plan_of(Kernel(FENTRY, KPROBE)).to_json()
    assert row["attached"] == "fentry:do_sys_poll"
    assert row["stands_for"] == "do_poll"
    assert row["reason"] == "fentry:do_poll: EPERM; kprobe:do_poll: EPERM"


def test_nothing_left():
    choice = plan_of(Kernel(FENTRY, KPROBE, ENCLOSING))
    assert choice.placement is None
    row = choice.to_json()
    assert (row["attached"], row["stands_for"]) == (None, None)
    assert row["feeds"] == list(DO_POLL.feeds), "the columns that are missing now"


def test_refusal_at_attach_is_fed_back():
    refused = {("do_poll", FENTRY): "EBUSY when attached"}
    choice = plan_of(Kernel(), refused)
    assert choice.point == KPROBE
    assert choice.reason == "fentry:do_poll: EBUSY when attached"


def test_refusal_of_another_hook_at_the_same_point_does_not_count():
    assert plan_of(Kernel(), {("sock_poll", FENTRY): "EBUSY"}).point == FENTRY


def test_detail_calls_leaves_out_hooks_that_make_steps_only():
    without = left_out((DO_POLL, SOCK_POLL), "calls")
    assert without == {"do_poll": "attached with --detail steps only"}
    absent, there = make_plan((DO_POLL, SOCK_POLL), Kernel(), {}, without)
    assert absent.to_json()["attached"] is None
    assert absent.to_json()["feeds"] == list(DO_POLL.feeds), "missing, not zero"
    assert absent.reason == "attached with --detail steps only"
    assert there.point == FENTRY


def test_a_spared_hook_leaves_nothing_missing():
    """``spare`` fields are looked up in BTF: of two hooks, one has its field."""
    needed, needless = DO_POLL._replace(spare="a.c"), SOCK_POLL._replace(spare="a.b")
    library = Library()
    trial = Trial(library)
    assert trial.spared((DO_POLL, needed, needless)) == {
        "sock_poll": "not needed: this kernel's BTF has a.b"
    }
    trial.refusal(FENTRY)
    assert library.read == 1
    catalogue, without = Requested("calls").of((DO_POLL, needless), trial)
    _, choice = make_plan(catalogue, Kernel(), {}, without)
    row = choice.to_json()
    assert (row["attached"], row["feeds"], row["silent"]) == (None, [], [])
    assert row["reason"] == without["sock_poll"]


def test_no_hook_is_spared_without_btf():
    assert Trial(Library(btf=False)).spared((DO_POLL._replace(spare="a.b"),)) == {}


def test_what_is_not_wanted_needs_no_btf():
    library = Library()
    spare = SOCK_POLL._replace(spare="a.b")
    _, without = Requested("calls", wanted=()).of((spare,), Trial(library))
    assert without == {"sock_poll": "not among the hooks asked for (--hook)"}
    assert library.read == 0


def test_at_steps_no_hook_is_spared():
    assert Requested().of((SOCK_POLL._replace(spare="a.b"),), Trial(Library()))[1] == {}


def test_at_calls_what_costs_less_is_tried_first():
    cheap = AttachPoint("fentry", "cheap")
    (hook,) = for_calls((SOCK_POLL._replace(calls=(cheap,)),), ())
    assert hook.points == (cheap, FENTRY, KPROBE)
    assert hook.feeds == SOCK_POLL.feeds


def test_nothing_is_left_out_of_steps():
    assert left_out((DO_POLL, SOCK_POLL), "steps") == {}


def test_unwanted_hooks_are_left_out_except_tracepoints():
    without = left_out((*hooks()[:6], DO_POLL, SOCK_POLL), "steps", (DO_POLL,))
    assert without == {"sock_poll": "not among the hooks asked for (--hook)"}


def test_hook_silent_for_one_family_keeps_the_other():
    (choice,) = with_silent((plan_of(Kernel()),), {"do_poll": ("poll",)})
    row = choice.to_json()
    assert row["attached"] == "fentry:do_poll"
    assert row["feeds"] == ["bytes_out:select"]
    assert row["silent"] == ["bytes_out:poll"]
    assert row["reason"] == "fentry:do_poll: attached, but a known poll passed it by unseen"


def test_hook_silent_for_all_families_counts_as_absent():
    (choice,) = with_silent((plan_of(Kernel()),), {"do_poll": ("poll", "select")})
    row = choice.to_json()
    assert row["attached"] is None
    assert row["feeds"] == list(DO_POLL.feeds)


def test_an_absent_hook_may_be_silent():
    absent = plan_of(Kernel(FENTRY, KPROBE, ENCLOSING))
    assert with_silent((absent,), {"do_poll": ("poll",)}) == (absent,)


class Library:
    """A libbpf whose kernel has BTF with no functions, and loads nothing."""

    def __init__(self, btf: bool = True) -> None:
        self.btf = btf
        self.read = 0
        self.tried: list[str] = []

    def load_vmlinux_btf(self):
        if not self.btf:
            raise OSError(errno.ENOENT, "no BTF")
        self.read += 1
        return 1

    def find_function(self, _btf, name):
        if name == "absent":
            raise OSError(errno.ENOENT, "absent")
        return 7

    def has_field(self, _btf, struct, field):
        return (struct, field) == ("a", "b")

    def free_btf(self, _btf):
        pass

    def close_fd(self, _fd):
        raise AssertionError("nothing was loaded")

    def load_trivial(self, kind, _btf_id=0):
        self.tried.append(kind)
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))


def test_trial_asks_once():
    library = Library()
    trial = Trial(library)
    reasons = {trial.refusal(FENTRY) for _ in range(3)}
    assert reasons == {"EPERM (Operation not permitted) when a trivial program was loaded"}
    assert library.tried == ["fentry"]


def test_what_may_not_be_loaded_is_tried_once():
    library = Library()
    trial = Trial(library)
    reasons = {
        trial.refusal(point) for point in (FENTRY, ENCLOSING, AttachPoint("fentry", "absent"))
    }
    assert reasons == {"EPERM (Operation not permitted) when a trivial program was loaded"}
    assert library.tried == ["fentry"]


def test_trial_without_btf():
    assert "no BTF" in Trial(Library(btf=False)).refusal(FENTRY)


def test_trial_of_an_absent_function():
    assert "no such function" in Trial(Library()).refusal(AttachPoint("fexit", "absent"))


def test_trial_without_kprobe_events(monkeypatch, tmp_path):
    monkeypatch.setattr(planning, "KPROBE_PMU", tmp_path / "absent")
    library = Library()
    assert "no kprobe events" in Trial(library).refusal(KPROBE)
    assert library.tried == []


def test_a_locked_kernel_is_not_asked_for_breakpoints(monkeypatch, tmp_path):
    monkeypatch.setattr(planning, "KPROBE_PMU", tmp_path / "absent")
    monkeypatch.setattr(hardware, "refusal", lambda symbol: pytest.fail("asked"))
    point = AttachPoint("breakpoint", "_copy_from_user")
    assert Trial(Library()).refusal(point).startswith("not asked for: this kernel refuses")


def test_the_catalogue_on_a_kernel_that_takes_all():
    plan = make_plan(hooks(), Kernel(), {})
    assert all(choice.point == choice.hook.attach[0] for choice in plan)


def test_a_hook_that_did_not_see_its_known_call_counts_as_not_attached():
    plan = make_plan((DO_POLL, SOCK_POLL), Kernel(), {})
    found = with_silent(plan, {"sock_poll": (EVERY_FAMILY,)})
    assert [choice.point for choice in found] == [FENTRY, None]
    assert found[1].reason == "fentry:do_poll: attached, but a known call passed it by unseen"
    assert found[1].feeds == ()
    assert found[1].to_json()["feeds"] == list(SOCK_POLL.feeds), "what is missing without it"
