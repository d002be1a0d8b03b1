/* SPDX-License-Identifier: GPL-2.0-only */
/* fds polled: one f_op->poll(file, poll_table) each. */

/* Names the fd of the poll that follows; in select's and poll's loops they alternate. */
inline_fn int fdget_body(__u64 fd)
{
	struct task_state *s = in_call(HOOK_fdget);

	if (s && (s->kind == CALL_SELECT || s->kind == CALL_POLL))
		s->looked_up_fd = (__s32)fd;
	return 0;
}
PROBE_ENTRY1(fdget)

inline_fn __s32 fd_in_view(struct task_state *s, __u64 file)
{
	if (s->item_file == file)
		return s->item_fd;
	if (s->kind == CALL_EPOLL_CTL)
		return s->call.target;
	return s->looked_up_fd;
}

inline_fn void count_look(struct task_state *s, __u64 file)
{
	s->call.fd_polls++;
	if (!s->first_file)
		s->first_file = file;
	if (s->first_file == file)
		s->call.passes++;
}

inline_fn int look(__u32 hook, __u64 file, __s32 mask)
{
	struct task_state *s = in_call(hook);

	if (!s)
		return 0;
	count_look(s, file);
	if (!s->steps)
		return 0;
	if (s->kept)
		write_kept_steps(s);
	if (!s->lists_told) {
		s->lists_told = 1;
		tell_own_lists(s, hook);
	}
	task_step(s, STEP_FD_POLL, hook, 0, file, fd_in_view(s, file), mask);
	return 0;
}

/* Where no steps are recorded. This is the hot path: each fd of each pass comes by here. */
inline_fn int look_without_step(__u32 hook, __u64 file)
{
	struct task_state *s = in_call(hook);

	if (s)
		count_look(s, file);
	return 0;
}

/* At its return, so that a step has the result; else its entry will do (`calls` in hooks.toml). */
#define FD_POLL(hook)                                                                          \
	inline_fn int hook##_body(__u64 file, __u64 mask)                                      \
	{                                                                                      \
		return look(HOOK_##hook, file, (__s32)mask);                                   \
	}                                                                                      \
	CORE_PROGRAM(PROGRAM_FENTRY(hook) { return look_without_step(HOOK_##hook, ctx[0]); })  \
	PROBE_EXIT1(hook, 2)

FD_POLL(sock_poll)
FD_POLL(pipe_poll)
FD_POLL(eventfd_poll)
FD_POLL(tty_poll)
FD_POLL(ep_eventpoll_poll)
FD_POLL(timerfd_poll)
FD_POLL(signalfd_poll)
FD_POLL(inotify_poll)
FD_POLL(fanotify_poll)
FD_POLL(pidfd_poll)
FD_POLL(proc_reg_poll)
FD_POLL(mounts_poll)
FD_POLL(proc_sys_poll)
FD_POLL(kernfs_fop_poll)
FD_POLL(random_poll)
FD_POLL(devkmsg_poll)
FD_POLL(perf_poll)
FD_POLL(mqueue_poll_file)
FD_POLL(userfaultfd_poll)
FD_POLL(io_uring_poll)
