"""The claims on blocking and non-blocking requests."""

from __future__ import annotations

from typing import Final

from analysis.claims import lectures, notes
from analysis.claims.blocking import background, background_picture, requests, requests_picture
from analysis.claims.blocking.experiment import WAITS
from analysis.verdicts.engine import Answers, Claim

BLOCKING_WAITS: Final = Claim(
    id="blocking-waits",
    lecture=lectures.BLOCKING,
    section=notes.BLOCKING,
    statement="A blocking request keeps its caller waiting until data has arrived.",
    otherwise="Corrected if some reads came back before the writer's delay was over, before it "
    "wrote, or without sleeping; refuted if all did.",
    answers=Answers(
        supported="A blocking read sleeps off the CPU until its data is there, and that one read "
        "gets it.",
        corrected="A blocking read does not always sleep until its data is there and get it in one"
        " go.",
        refuted="A blocking read does not sleep until its data is there.",
    ),
    functions=(
        "pipe_read",
        "sk_wait_data",
    ),
    experiment=WAITS,
    needs=("off_cpu_ns:read", "sleeps:read", "truth"),
    judge=requests.blocking_waits,
    picture=requests_picture.BLOCKING_WAITS,
)
NONBLOCKING_RETURNS: Final = Claim(
    id="nonblocking-returns",
    lecture=lectures.BLOCKING,
    section=notes.NONBLOCKING_RETURNS,
    statement="A non-blocking request comes back at once, with or without data.",
    otherwise="Corrected if some reads of an empty fd waited for data, or most of one kind of fd "
    "slept or took half the writer's delay; refuted if all did.",
    answers=Answers(
        supported="A non-blocking read of an empty fd returns EAGAIN at once and does not wait for"
        " data.",
        corrected="Not every non-blocking read of an empty fd comes back at once.",
        refuted="A non-blocking read of an empty fd does not come back at once.",
    ),
    functions=(
        "pipe_read",
        "sk_wait_data",
    ),
    experiment=WAITS,
    needs=("sleeps:read", "off_cpu_ns:read", "truth"),
    judge=requests.nonblocking_returns,
    picture=requests_picture.NONBLOCKING_RETURNS,
)
NONBLOCKING_BACKGROUND: Final = Claim(
    id="nonblocking-background",
    lecture=lectures.BLOCKING,
    section=notes.NONBLOCKING_BACKGROUND,
    statement="The kernel gets the data ready while the program does something else.",
    otherwise="Corrected if some messages were written while a read was under way, needed a read "
    "that waited, or were seldom there at once; refuted if all did.",
    answers=Answers(
        supported="Data is written into the fd's buffer while no read is under way, and a later "
        "read finds it there without waiting.",
        corrected="Data does not always come while no read is under way, or is not always there "
        "for the next read.",
        refuted="Data comes only while a read is under way or waits, or is never there for the "
        "next read.",
    ),
    functions=("pipe_read",),
    experiment=WAITS,
    needs=("sleeps:read", "truth"),
    judge=background.nonblocking_background,
    picture=background_picture.NONBLOCKING_BACKGROUND,
)
NONBLOCKING_REPOLLS: Final = Claim(
    id="nonblocking-repolls",
    lecture=lectures.BLOCKING,
    section=notes.NONBLOCKING_REPOLLS,
    statement="The program has to ask over and over until a request finds its data.",
    otherwise="Corrected if some messages were there at the first request, or their last request "
    "waited for them; refuted if all were.",
    answers=Answers(
        supported="Until its data has come a non-blocking read must be made again and again: each "
        "message takes several requests.",
        corrected="Some messages are there at the first non-blocking read, or a last read waits "
        "for them.",
        refuted="Each message is there at the first non-blocking read, or the last read waits for "
        "it.",
    ),
    functions=("pipe_read",),
    experiment=WAITS,
    needs=("off_cpu_ns:read", "sleeps:read", "truth"),
    judge=requests.nonblocking_repolls,
    picture=requests_picture.NONBLOCKING_REPOLLS,
)
