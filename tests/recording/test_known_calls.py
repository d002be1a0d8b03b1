"""The known calls are made, by an untraced program; each hook's is one of them."""

from __future__ import annotations

import os
import threading
from functools import partial

import pytest

from tracer.recording.known_calls import NAMES, QUIET, TIMED, WOKEN, until_it_sleeps
from tracer.shared.catalogue import hooks

MADE = {**QUIET, **{name: partial(until_it_sleeps, call) for name, call in TIMED.items()}}


def test_the_catalogues_calls_exist_and_none_is_unused():
    asked = {hook.known for hook in hooks() if hook.known}
    assert asked == set(NAMES)


@pytest.mark.parametrize("name", MADE)
def test_it_is_made(name):
    """In a child: some use signals, which the test process needs itself."""
    pid = os.fork()
    if pid == 0:
        try:
            MADE[name]()
        except PermissionError:
            os._exit(2 if os.geteuid() else 1)
        except BaseException:
            os._exit(1)
        os._exit(0)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if status == 2:
        pytest.skip("needs root")
    assert status == 0


@pytest.mark.parametrize("name", WOKEN)
def test_it_sleeps_until_it_is_woken(name):
    call = WOKEN[name]()
    taken = threading.Thread(target=call.take)
    taken.start()
    taken.join(0.05)
    assert taken.is_alive()
    call.give()
    taken.join(20)
    assert not taken.is_alive()


def test_a_timer_that_has_expired_too_soon_is_made_longer():
    asked = []

    def call(after_ns):
        asked.append(after_ns)
        return len(asked) == 4

    until_it_sleeps(call)
    assert asked == sorted(set(asked))
    assert len(asked) == 4


def test_a_sleep_the_first_time_may_be_for_a_page():
    asked = []
    until_it_sleeps(lambda after_ns: not asked.append(after_ns))
    assert len(asked) == 2


def test_a_call_that_never_sleeps_is_an_error():
    with pytest.raises(TimeoutError):
        until_it_sleeps(lambda _after_ns: False)


@pytest.mark.parametrize("call", TIMED.values())
def test_they_know_whether_they_slept(call):
    """In a child, as when attaching: with other threads, a signal may go to one of those."""
    pid = os.fork()
    if not pid:
        os._exit(not call(50_000_000))
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
