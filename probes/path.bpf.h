/* SPDX-License-Identifier: GPL-2.0-only */
/* The path of a call: sleeping, and the functions it entered (with --detail steps). */

/* schedule_hrtimeout_range(expires, delta, mode): 0 expired, -EINTR woken */
inline_fn int schedule_hrtimeout_range_body(__u64 expires, __u64 ret)
{
	struct task_state *s = in_call(HOOK_schedule_hrtimeout_range);

	if (!s)
		return 0;
	s->call.sleep_calls++;
	own_step(s, STEP_SLEEP, HOOK_schedule_hrtimeout_range, 0, 0, -1, (__s32)ret);
	return 0;
}
PROBE_EXIT1(schedule_hrtimeout_range, 3)

#define PATH(hook)                                                                             \
	inline_fn int hook##_body(void)                                                        \
	{                                                                                      \
		struct task_state *s = in_call(HOOK_##hook);                                   \
                                                                                               \
		if (s)                                                                         \
			own_step(s, STEP_FUNCTION, HOOK_##hook, 0, 0, s->call.fd, 0);          \
		return 0;                                                                      \
	}                                                                                      \
	PROBE_ENTRY0(hook)

PATH(sys_select)
PATH(do_select)
PATH(do_poll)
PATH(ep_poll)
PATH(ep_insert)
PATH(ep_send_events)
PATH(poll_freewait)
PATH(sk_wait_data)
PATH(wait_woken)
PATH(pipe_read)
PATH(ep_start_scan)
PATH(ep_item_poll)
