"""The claims on what calls and events cost."""

from __future__ import annotations

from typing import Final

from analysis.claims import lectures, notes
from analysis.claims.cost import events, events_picture, growth_picture, parts_picture, scan
from analysis.claims.cost.costs import beside
from analysis.claims.cost.experiment import COST, IDLE
from analysis.verdicts.engine import Answers, Claim

MUX_DEGRADES: Final = Claim(
    id="mux-degrades",
    lecture=lectures.COST,
    section=notes.MULTIPLEXING,
    statement="A call of select or poll costs much more the more fds it is given.",
    otherwise="Corrected if the cost grew by less than half of what the fds did; refuted if it "
    "grew by less than half as much again.",
    answers=Answers(
        supported="Most of what a call of select or poll costs is paid per fd, so it grows with "
        "their number.",
        corrected="A call of select or poll costs more with more fds, but grows by less than half "
        "of what the fds do.",
        refuted="A call of select or poll costs little more with many fds than with few.",
    ),
    functions=(
        "do_select",
        "do_poll",
    ),
    experiment=COST,
    needs=scan.NEEDS,
    judge=scan.mux_degrades,
    beside=beside(scan.growth),
    picture=growth_picture.MUX_DEGRADES,
)
AWAKE_SCAN: Final = Claim(
    id="awake-scan",
    lecture=lectures.COST,
    section=notes.SUMMARY_1,
    statement="While awake, select and poll go through the whole set; epoll_wait only checks "
    "whether the ready list is empty.",
    otherwise="Corrected if epoll_wait's cost grew with the fds by more than a twentieth of what "
    "select's and poll's does; refuted if by half of it, or if theirs did not grow in a "
    "line.",
    answers=Answers(
        supported="While awake select and poll pay for every fd of the set; epoll_wait pays the "
        "same however many it watches.",
        corrected="While awake select and poll pay for every fd of the set; epoll_wait pays for "
        "each as well, but less than half as much.",
        refuted="While awake epoll_wait pays for its fds at least half of what select and poll do,"
        " or these do not pay per fd.",
    ),
    functions=(
        "do_select",
        "do_poll",
        "ep_poll",
    ),
    experiment=COST,
    needs=scan.NEEDS,
    judge=scan.awake_scan,
    beside=beside(scan.awake),
    picture=growth_picture.AWAKE_SCAN,
)
CALLBACK_SAVES_CPU: Final = Claim(
    id="callback-saves-cpu",
    lecture=lectures.COST,
    section=notes.SUMMARY_1,
    statement="The callback is where epoll's gain comes from: it replaces the scan and the entries "
    "of every call.",
    otherwise="Corrected if the callback ate half of what is saved, or if scan and entries were "
    "not four fifths of it; refuted if nothing was saved.",
    answers=Answers(
        supported="epoll gains from what it leaves out, the scan and the entries of each call; "
        "its callback costs little in comparison.",
        corrected="epoll saves CPU time, but its callback costs half of that, or the gain is not "
        "that of scan and entries.",
        refuted="An event costs epoll no less than poll.",
    ),
    functions=(
        "do_poll",
        "__pollwait",
        "ep_poll_callback",
    ),
    experiment=COST,
    needs=scan.NEEDS,
    judge=scan.callback_saves_cpu,
    beside=beside(scan.split_of_event),
    picture=parts_picture.CALLBACK_SAVES,
)
IDLE_ADVANTAGE: Final = Claim(
    id="idle-advantage",
    lecture=lectures.COST,
    section=notes.EPOLL,
    statement="With many idle connections epoll is far ahead of select and poll.",
    otherwise="Corrected if select or poll cost less than 5 times what epoll does somewhere; "
    "refuted if less than 1.5 times everywhere.",
    answers=Answers(
        supported="With one fd in a hundred active, an event costs select and poll at least five "
        "times what it costs epoll.",
        corrected="With one fd in a hundred active, epoll is ahead of select and poll, but not "
        "by five times everywhere.",
        refuted="With one fd in a hundred active, an event costs select and poll at most half as "
        "much again as epoll.",
    ),
    functions=(
        "do_select",
        "do_poll",
        "ep_send_events",
    ),
    experiment=IDLE,
    needs=events.NEEDS,
    judge=events.idle_advantage,
    beside=beside(events.idle),
    picture=events_picture.IDLE_ADVANTAGE,
)
ALL_ACTIVE_NO_GAIN: Final = Claim(
    id="all-active-no-gain",
    lecture=lectures.COST,
    section=notes.EPOLL,
    statement="With all fds active epoll is no faster than select or poll.",
    otherwise="Corrected if epoll's event cost less than select's or poll's somewhere; refuted if "
    "it cost less than two thirds of both everywhere.",
    answers=Answers(
        supported="With every fd active, an event costs epoll about as much as select and poll, "
        "or more.",
        corrected="With every fd active, an event costs epoll less than select or poll in some "
        "cases.",
        refuted="Even with every fd active an event costs epoll at most two thirds of what it "
        "costs select and poll.",
    ),
    functions=(
        "do_select",
        "do_poll",
        "ep_send_events",
        "ep_poll_callback",
    ),
    experiment=COST,
    needs=events.NEEDS,
    judge=events.all_active_no_gain,
    beside=beside(events.all_active),
    picture=events_picture.ALL_ACTIVE,
)
CTL_CHURN_COSTS: Final = Claim(
    id="ctl-churn-costs",
    lecture=lectures.COST,
    section=notes.EPOLL,
    statement="Heavy use of epoll_ctl makes epoll slightly slower.",
    otherwise="Supported if each kind of use cost up to half as much again and more than 5 %; "
    "refuted if none cost more than 5 %.",
    answers=Answers(
        supported="An epoll_ctl for each event adds up to half of what the event costs.",
        corrected="An epoll_ctl for each event costs more than the event itself.",
        refuted="An epoll_ctl for each event costs next to nothing: a twentieth of the event at "
        "most.",
    ),
    functions=("ep_insert",),
    experiment=COST,
    needs=events.NEEDS,
    judge=events.ctl_churn_costs,
    beside=beside(events.churn),
    picture=parts_picture.CTL_CHURN,
)
