"""Instruments are compared hook by hook; those that differ or are absent are named."""

from __future__ import annotations

from tracer.commands.crosscheck import compare
from tracer.crosscheck.counting import AGAIN, BCC, BPFTRACE, CORE, KPROBE


def count(hits, error=None, why_not=(), misses=()):
    return {
        "error": error,
        "hits": hits,
        "attached": {},
        "why_not": dict(why_not),
        "misses": dict(misses),
    }


def all_count(hits, **others):
    names = {"core": CORE, "again": AGAIN, "kprobe": KPROBE, "bcc": BCC, "bpftrace": BPFTRACE}
    return {name: others.get(key, count(hits)) for key, name in names.items()}


def row(counts, hook="sock_poll"):
    return next(row for row in compare(counts) if row.hook == hook)


def test_equal():
    found = row(all_count({"sock_poll": 253}))
    assert (found.agrees, found.causes) == (True, ())
    assert found.numbers == dict.fromkeys((CORE, AGAIN, KPROBE, BCC, BPFTRACE), 253)


def test_one_off():
    assert row(all_count({"sock_poll": 253}, bpftrace=count({"sock_poll": 252}))).agrees is False


def test_missed_runs_are_named():
    bcc = count({"sock_poll": 250}, misses={"sock_poll": 3})
    found = row(all_count({"sock_poll": 253}, bcc=bcc))
    assert (found.agrees, found.causes) == (False, ("bcc/kprobe missed 3 runs",))


def test_a_hook_that_one_does_not_have():
    why_not = {"sock_poll": "fexit:sock_poll: not here; kprobe:sock_poll: EINVAL; breakpoint:x: y"}
    found = row(all_count({"sock_poll": 23}, bcc=count({}, why_not=why_not)))
    assert found.agrees is True
    assert found.numbers[BCC] is None
    assert found.causes == ("bcc/kprobe: kprobe:sock_poll: EINVAL",)


def test_an_instrument_that_is_not_there():
    found = row(all_count({"sock_poll": 23}, bpftrace=count({}, error="install bpftrace")))
    assert (found.agrees, found.causes) == (True, ("bpftrace counted nothing",))


def test_two_counts_of_one_instrument_are_no_agreement():
    gone = count({}, error="no")
    found = row(all_count({"sock_poll": 23}, kprobe=gone, bcc=gone, bpftrace=gone))
    assert found.agrees is None


def test_what_varies_is_not_compared():
    found = row(all_count({"sock_poll": 23}, again=count({"sock_poll": 24})))
    assert found.agrees is None
    assert found.causes == ("varies from run to run: not compared",)


def test_what_the_scheduler_decides_is_not_compared():
    found = row(all_count({"sched_switch": 23}, bcc=count({"sched_switch": 7})), "sched_switch")
    assert found.agrees is None


def test_equal_zeros_are_no_agreement():
    found = row(all_count({"sock_poll": 0}))
    because = "never hit: equal zeros prove nothing; not compared"
    assert (found.agrees, found.causes) == (None, (because,))


def test_a_zero_beside_hits_differs():
    assert row(all_count({"sock_poll": 23}, bcc=count({"sock_poll": 0}))).agrees is False
