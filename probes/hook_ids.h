/* SPDX-License-Identifier: GPL-2.0-only */
/* Ids of the hooks, as in hooks.toml; a test holds the two together. */
#ifndef TRACER_HOOK_IDS_H
#define TRACER_HOOK_IDS_H

enum hook_id {
	HOOK_sys_enter = 1,
	HOOK_sys_exit = 2,
	HOOK_sched_switch = 3,
	HOOK_sched_waking = 4,
	HOOK_sched_process_fork = 5,
	HOOK_sched_process_exit = 6,
	HOOK_sock_poll = 10,
	HOOK_pipe_poll = 11,
	HOOK_eventfd_poll = 12,
	HOOK_tty_poll = 13,
	HOOK_ep_eventpoll_poll = 14,
	HOOK_fdget = 15,
	HOOK___pollwait = 20,
	HOOK_ep_ptable_queue_proc = 21,
	HOOK_add_wait_queue = 22,
	HOOK_add_wait_queue_exclusive = 23,
	HOOK_remove_wait_queue = 24,
	HOOK_prepare_to_wait = 25,
	HOOK_prepare_to_wait_exclusive = 26,
	HOOK_prepare_to_wait_event = 27,
	HOOK_do_wait_intr_irq = 28,
	HOOK_finish_wait = 29,
	HOOK_pollwake = 30,
	HOOK_ep_poll_callback = 31,
	HOOK_ep_autoremove_wake_function = 32,
	HOOK_woken_wake_function = 33,
	HOOK_autoremove_wake_function = 34,
	HOOK_receiver_wake_function = 35,
	HOOK_schedule_hrtimeout_range = 40,
	HOOK__copy_from_user = 50,
	HOOK___check_object_size = 52,
	HOOK___put_user_nocheck_2 = 53,
	HOOK___put_user_nocheck_4 = 54,
	HOOK___put_user_nocheck_8 = 55,
	HOOK_sys_select = 60,
	HOOK_do_select = 61,
	HOOK_do_poll = 62,
	HOOK_ep_poll = 63,
	HOOK_ep_insert = 64,
	HOOK_ep_send_events = 65,
	HOOK_poll_freewait = 66,
	HOOK_sk_wait_data = 67,
	HOOK_wait_woken = 68,
	HOOK_pipe_read = 69,
	HOOK_ep_start_scan = 70,
	HOOK_ep_item_poll = 71,
};

#define PHASE_MAGIC 0x747261636572ULL /* tracer/records.py */

#endif
