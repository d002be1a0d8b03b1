/* SPDX-License-Identifier: GPL-2.0-only */
/* A call begins, is left, is written; it may take several attempts (restart.bpf.h). */

/* What is reset at each attempt of a call, the first or one restarted after a signal. */
inline_fn void begin_attempt(struct task_state *s, __u32 kind)
{
	s->poll_table = 0;
	s->waiting = 0;
	s->off_since_ns = 0;
	s->asleep = 0;
	s->woken = 0;
	s->faulting = 0;
	s->skipped = 0;
	s->woken_through = 0;
	s->looked_up_fd = -1;
	s->item_file = 0;
	s->entry_pending = 0;
	s->kind = kind;
}

inline_fn void begin_call(struct task_state *s, __u32 kind, long id,
			  struct argument_registers *regs)
{
	struct call_record *c = &s->call;

	__builtin_memset(c, 0, sizeof(*c));
	c->pid = s->pid;
	c->tid = s->tid;
	c->seq = ++s->seq;
	c->syscall = id;
	c->fd = -1;
	c->target = -1;
	c->timeout_ns = TIMEOUT_NONE;
	read_arguments(c, id, regs);
	s->first_file = 0;
	s->user_fds = SYSCALL_ARG_1(regs);
	c->enter_ns = bpf_ktime_get_boot_ns();
	begin_attempt(s, kind);
	if (kind == CALL_EPOLL_WAIT && (s->steps || c->fd != s->epoll_fd))
		meet_waited_instance(s);
}

/* The call is left, for good or only to be restarted. */
inline_fn void leave_call(struct task_state *s, int returned, __s64 ret)
{
	s->call.ret = ret;
	s->call.cpu = bpf_get_smp_processor_id();
	if (s->skipped)
		s->call.unseen |= UNSEEN_ENTRIES;
	if (s->waiting) {
		s->call.removals++;
		own_step(s, STEP_REMOVAL, 0, s->waiting, 0, s->call.fd, REMOVED_UNSEEN);
		s->waiting = 0;
	}
	if (s->kept)
		write_kept_steps(s);
	tell_own_lists(s, HOOK_sys_exit);
	if (s->poll_table)
		map_delete(waiters, &s->poll_table);
	/*
	 * From here on nothing counts for this call any more: no callback from an interrupt, and no
	 * switch. This program may be preempted: had the call's end been read before, its time off
	 * the CPU could exceed its duration.
	 */
	s->kind = NO_CALL;
	s->call.exit_ns = returned ? bpf_ktime_get_boot_ns() : 0;
	ask_for_switch_in(s);
}

/* A call that is over goes to the ring, or to the sums. */
inline_fn void give_call(struct task_state *s, struct call_record *c, __u32 kind)
{
	if (s->adds_up)
		add_up(s, c, kind);
	else if (ring_output(calls, c, sizeof(*c)))
		count_loss(calls);
}

/* Writes the call as it stands; exit_ns 0 says that it never returned. */
inline_fn void end_call(struct task_state *s, int returned, __s64 ret)
{
	__u32 kind = s->kind;

	leave_call(s, returned, ret);
	give_call(s, &s->call, kind);
}
