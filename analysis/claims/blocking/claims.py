"""The claims on blocking and non-blocking requests."""

from __future__ import annotations

from typing import Final

from analysis.claims.blocking import background, background_picture, requests, requests_picture
from analysis.claims.blocking.experiment import WAITS
from analysis.verdicts.engine import Claim

BLOCKING_WAITS: Final = Claim(
    id="blocking-waits",
    section="notes 1",
    statement="A blocking request keeps its caller waiting until data has arrived.",
    otherwise="Corrected if some reads came back before the writer's delay was over, before it "
    "wrote, or without sleeping; refuted if all did.",
    experiment=WAITS,
    needs=("off_cpu_ns:read", "sleeps:read", "truth"),
    judge=requests.blocking_waits,
    picture=requests_picture.BLOCKING_WAITS,
)
NONBLOCKING_RETURNS: Final = Claim(
    id="nonblocking-returns",
    section="notes 2.1",
    statement="A non-blocking request comes back at once, with or without data.",
    otherwise="Corrected if some reads of an empty fd waited for data, or most of one kind of fd "
    "slept or took half the writer's delay; refuted if all did.",
    experiment=WAITS,
    needs=("sleeps:read", "off_cpu_ns:read", "truth"),
    judge=requests.nonblocking_returns,
    picture=requests_picture.NONBLOCKING_RETURNS,
)
NONBLOCKING_REPOLLS: Final = Claim(
    id="nonblocking-repolls",
    section="notes 2.3, 2.5",
    statement="The program has to ask over and over until a request finds its data.",
    otherwise="Corrected if some messages were there at the first request, or their last request "
    "waited for them; refuted if all were.",
    experiment=WAITS,
    needs=("off_cpu_ns:read", "sleeps:read", "truth"),
    judge=requests.nonblocking_repolls,
    picture=requests_picture.NONBLOCKING_REPOLLS,
)
NONBLOCKING_BACKGROUND: Final = Claim(
    id="nonblocking-background",
    section="notes 2.2, 2.4",
    statement="The kernel gets the data ready while the program does something else.",
    otherwise="Corrected if some messages were written while a read was under way, took a read "
    "that waited, or were seldom there at once; refuted if all did.",
    experiment=WAITS,
    needs=("sleeps:read", "truth"),
    judge=background.nonblocking_background,
    picture=background_picture.NONBLOCKING_BACKGROUND,
)
