"""An attach point without a program is reported when probes are built, and when loaded."""

from __future__ import annotations

import re

import pytest

from tracer.bpf import programs
from tracer.bpf.layer import OBJECT, Layer
from tracer.bpf.libbpf import Libbpf
from tracer.bpf.plan import Placement
from tracer.shared.catalogue import AttachPoint, hooks
from tracer.shared.errors import TracerError

ERROR = "whose program {} is not in tracer.bpf.o: write it in a probes/*.bpf.h"


def test_every_attach_point_has_a_program() -> None:
    programs.check(OBJECT.read_bytes())


@pytest.mark.parametrize(
    "hook",
    [
        pytest.param(hook, id=hook.name, marks=pytest.mark.slow if number else ())
        for number, hook in enumerate(hooks())
    ],
)
def test_a_program_that_is_not_built_is_named(hook) -> None:
    name = hook.program(hook.points[0])
    built = OBJECT.read_bytes().replace(b"\0%s\0" % name.encode(), b"\0x\0")
    with pytest.raises(TracerError, match=re.escape(ERROR.format(name))):
        programs.check(built)


def test_loading_says_so_too() -> None:
    point = AttachPoint("kprobe", "do_nothing")
    with pytest.raises(TracerError, match=re.escape(ERROR.format("nothing_kprobe"))):
        Layer(Libbpf(), (Placement("nothing", point, "nothing_kprobe"),), {}, None)
