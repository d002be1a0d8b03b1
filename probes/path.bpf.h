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
	s->lists_told = 0;
	tell_own_lists(s, HOOK_schedule_hrtimeout_range);
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

/* fasync_helper(fd, file, on, fapp): an fd is put on its file's list of those to be signalled. */
inline_fn int fasync_helper_body(__u64 fd, __u64 file, __u64 on)
{
	struct task_state *s = in_call(HOOK_fasync_helper);

	if (s)
		own_step(s, STEP_FUNCTION, HOOK_fasync_helper, 0, file, (__s32)fd, (__s32)on);
	return 0;
}
PROBE_ENTRY3(fasync_helper)

/*
 * send_sigio(owner, fd, band), in the waker's context. Only the kernel knows who gets the signal.
 */
inline_fn int send_sigio_body(__u64 owner, __u64 fd, __u64 band)
{
	struct task_state *s = in_call(HOOK_send_sigio);
	struct step_record r = {};

	if (!s || !s->steps)
		return 0;
	r.object = owner;
	r.fd = (__s32)fd;
	r.value = (__s32)band;
	r.kind = STEP_FUNCTION;
	r.hook = HOOK_send_sigio;
	write_step(&r, s);
	return 0;
}
PROBE_ENTRY3(send_sigio)

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

/*
 * ep_item_poll(epi, pt, depth): the item has the fd by which its file was added; the file itself
 * does not, since it may have several. A compiler may have changed the arguments, so this is
 * trusted only if the next file polled is the item's.
 */
inline_fn int ep_item_poll_body(__u64 item)
{
	struct task_state *s = in_call(HOOK_ep_item_poll);

	if (!s)
		return 0;
	s->item_file = read_item_file(item, &s->item_fd);
	own_step(s, STEP_FUNCTION, HOOK_ep_item_poll, 0, 0, s->call.fd, 0);
	return 0;
}
PROBE_ENTRY1(ep_item_poll)
