"""Two lines from hand-made answers: what the kernel allows, and what the lab lacks."""

from __future__ import annotations

from typing import Any

from tracer.doctor.facts import Fact
from tracer.doctor.judgement import kernel_line, lab_line, missing_line


def hook(attached: str | None, feeds: tuple[str, ...] = (), silent: tuple[str, ...] = ()) -> Any:
    return {"attached": attached, "feeds": list(feeds), "silent": list(silent)}


def answer(*hooks: Any, functions: bool = True, error: str | None = None) -> dict[str, Any]:
    return {
        "kernel": {"release": "6.1.0-56-amd64", "machine": "x86_64"},
        "facts": [Fact("function tracing", functions, "EPERM", "")._asdict()],
        "hooks": list(hooks),
        "error": error,
    }


def lab(**changed: tuple[bool, str, str]) -> list[dict[str, Any]]:
    """Return the facts of a lab, ``changed`` by the first words of their names."""
    facts = {
        "QEMU": (True, "/usr/bin/qemu", ""),
        "lab tools": (True, "busybox, kmod", ""),
        "virtme-ng": (True, "installed", ""),
        "lab kernels": (True, "6.1.0-56-amd64", ""),
    }
    facts |= {name.replace("_", " "): fact for name, fact in changed.items()}
    return [Fact(name, *fact)._asdict() for name, fact in facts.items()]


KERNEL = "kernel 6.1.0-56-amd64 (x86_64): "


def test_a_kernel_that_takes_all():
    found = kernel_line(answer(hook("raw_tp:a"), hook("fentry:b")))
    assert found == KERNEL + "everything can be recorded (2 of 2 hooks attached)"


def test_a_kernel_that_lacks_a_hook():
    assert kernel_line(answer(hook("raw_tp:a"), hook(None))).endswith("1 of 2 hooks attached")


def test_a_kernel_that_refuses_functions_says_why():
    found = kernel_line(answer(hook("raw_tp:a"), hook(None), functions=False))
    assert found == (
        KERNEL + "only system calls, sleeps and wakeups can be recorded (1 of 2 hooks attached); "
        "function tracing: EPERM"
    )


def test_nothing_can_be_attached():
    assert kernel_line(answer(error="no rights")) == KERNEL + "nothing can be recorded: no rights"


def test_numbers_that_a_kernel_does_not_give():
    rows = hook(None, feeds=("passes", "fd_polls")), hook("fentry:x", silent=("callbacks",))
    assert missing_line(answer(*rows)) == "missing numbers: callbacks, fd_polls, passes"
    assert missing_line(answer(hook("fentry:x"))) == "every number is available"
    assert missing_line(answer(error="no rights")) == "no number is available"


def test_a_lab_that_is_ready():
    assert lab_line(lab()).endswith("here: 6.1.0-56-amd64")


def test_a_lab_without_kernels_is_ready_to_fetch_one():
    found = lab_line(lab(lab_kernels=(False, "none yet", "tracer lab fetch")))
    assert found == "lab: ready for --kernel; lab kernels: none yet → tracer lab fetch"


def test_a_lab_that_cannot_see_its_kernels_cannot_be_used():
    found = lab_line(lab(lab_kernels=(False, "cannot keep kernels in /x", "")))
    assert found == "lab: cannot be used: lab kernels: cannot keep kernels in /x"


def test_what_the_lab_lacks_is_named_with_what_installs_it():
    found = lab_line(
        lab(
            QEMU=(False, "not found", "apt-get install qemu"),
            lab_tools=(False, "not found: file", "apt-get install file"),
        )
    )
    assert found == (
        "lab: cannot be used: QEMU: not found → apt-get install qemu; lab tools: not found: file "
        "→ apt-get install file"
    )
