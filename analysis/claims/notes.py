"""The pack of claims of the I/O model notes, in the notes' order."""

from __future__ import annotations

from typing import Final

from analysis.claims.background import nonblocking_background
from analysis.claims.cost_events import all_active_no_gain, ctl_churn_costs, idle_advantage
from analysis.claims.cost_scan import awake_scan, callback_saves_cpu, mux_degrades
from analysis.claims.epoll import callback_fills_list, epoll_only_active
from analysis.claims.epoll_copies import ctl_copies_once, wait_copies_nothing_in
from analysis.claims.epoll_ctl import epoll_ctl_event_driven, queue_once_at_ctl
from analysis.claims.epoll_list import epoll_wait_checks_list
from analysis.claims.epoll_memory import epoll_mmap
from analysis.claims.epoll_push import entry_is_current, epoll_kernel_pushes
from analysis.claims.epoll_queue import epoll_own_queue, epoll_own_queue_once
from analysis.claims.epoll_sleep import wait_naps
from analysis.claims.file_max import file_max_per_gib
from analysis.claims.limits import epoll_no_limit, select_fd_limit
from analysis.claims.mux import mux_continuous_scan, mux_linear_scan, mux_one_call
from analysis.claims.mux_cost import mux_copies_each_call, mux_queues_each_call
from analysis.claims.naps import epoll_many_naps, mux_many_naps
from analysis.claims.waiting import blocking_waits, nonblocking_repolls, nonblocking_returns

CLAIMS: Final = (
    blocking_waits,
    nonblocking_returns,
    nonblocking_background,
    nonblocking_repolls,
    mux_one_call,
    mux_continuous_scan,
    mux_linear_scan,
    mux_degrades,
    epoll_ctl_event_driven,
    epoll_wait_checks_list,
    epoll_only_active,
    epoll_kernel_pushes,
    all_active_no_gain,
    ctl_churn_costs,
    idle_advantage,
    epoll_mmap,
    ctl_copies_once,
    wait_copies_nothing_in,
    queue_once_at_ctl,
    entry_is_current,
    callback_fills_list,
    wait_naps,
    select_fd_limit,
    epoll_no_limit,
    file_max_per_gib,
    mux_many_naps,
    epoll_many_naps,
    awake_scan,
    callback_saves_cpu,
    mux_copies_each_call,
    mux_queues_each_call,
    epoll_own_queue,
    epoll_own_queue_once,
)
