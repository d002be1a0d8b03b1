/* SPDX-License-Identifier: GPL-2.0-only */
/* A call: what its arguments say, its beginning, and its record at the end. */

struct timespec_pair {
	__s64 seconds;
	__s64 fraction; /* ns in a timespec, us in a timeval */
};

inline_fn __s64 user_timeout(__u64 pointer, __s64 fraction_ns)
{
	struct timespec_pair t = {};

	if (!pointer)
		return TIMEOUT_INFINITE;
	if (bpf_probe_read_user(&t, sizeof(t), (void *)pointer))
		return TIMEOUT_UNREAD;
	return t.seconds * 1000000000LL + t.fraction * fraction_ns;
}

inline_fn __s64 milliseconds(__s32 timeout)
{
	return timeout < 0 ? TIMEOUT_INFINITE : timeout * 1000000LL;
}

inline_fn __u32 kind_of(long id)
{
	switch (id) {
	case __NR_select:
	case __NR_pselect6:
		return CALL_SELECT;
	case __NR_poll:
	case __NR_ppoll:
		return CALL_POLL;
	case __NR_epoll_create:
	case __NR_epoll_create1:
		return CALL_EPOLL_CREATE;
	case __NR_epoll_ctl:
		return CALL_EPOLL_CTL;
	case __NR_epoll_wait:
	case __NR_epoll_pwait:
	case __NR_epoll_pwait2:
		return CALL_EPOLL_WAIT;
	case __NR_read:
	case __NR_readv:
	case __NR_recvfrom:
	case __NR_recvmsg:
	case __NR_accept:
	case __NR_accept4:
		return CALL_READ;
	case __NR_write:
	case __NR_writev:
	case __NR_sendto:
	case __NR_sendmsg:
		return CALL_WRITE;
	case __NR_fcntl:
		return CALL_FCNTL;
	case __NR_rt_sigtimedwait:
		return CALL_RT_SIGTIMEDWAIT;
	case __NR_io_submit:
		return CALL_IO_SUBMIT;
	case __NR_io_getevents:
	case __NR_io_pgetevents:
		return CALL_IO_GETEVENTS;
	case __NR_io_uring_setup:
		return CALL_IO_URING_SETUP;
	case __NR_io_uring_enter:
		return CALL_IO_URING_ENTER;
	default:
		return NO_CALL;
	}
}

inline_fn void read_arguments(struct call_record *c, long id, struct pt_regs *regs)
{
	c->fd = (__s32)PT_REGS_PARM1(regs);
	c->nr = (__u32)PT_REGS_PARM3(regs);
	switch (id) {
	case __NR_select:
		c->fd = -1;
		c->nr = (__u32)PT_REGS_PARM1(regs);
		c->timeout_ns = user_timeout(PT_REGS_PARM5(regs), 1000);
		break;
	case __NR_pselect6:
		c->fd = -1;
		c->nr = (__u32)PT_REGS_PARM1(regs);
		c->timeout_ns = user_timeout(PT_REGS_PARM5(regs), 1);
		break;
	case __NR_poll:
		c->fd = -1;
		c->nr = (__u32)PT_REGS_PARM2(regs);
		c->timeout_ns = milliseconds((__s32)PT_REGS_PARM3(regs));
		break;
	case __NR_ppoll:
		c->fd = -1;
		c->nr = (__u32)PT_REGS_PARM2(regs);
		c->timeout_ns = user_timeout(PT_REGS_PARM3(regs), 1);
		break;
	case __NR_epoll_wait:
	case __NR_epoll_pwait:
		c->timeout_ns = milliseconds((__s32)regs->r10);
		break;
	case __NR_epoll_pwait2:
		c->timeout_ns = user_timeout(regs->r10, 1);
		break;
	case __NR_epoll_ctl:
		c->op = (__u16)PT_REGS_PARM2(regs);
		c->target = (__s32)PT_REGS_PARM3(regs);
		c->nr = 0;
		break;
	case __NR_epoll_create:
	case __NR_epoll_create1:
		c->fd = -1;
		c->nr = 0;
		break;
	case __NR_fcntl:
		c->op = (__u16)PT_REGS_PARM2(regs);
		c->nr = 0;
		break;
	case __NR_rt_sigtimedwait:
		c->fd = -1;
		c->nr = 0;
		c->timeout_ns = user_timeout(PT_REGS_PARM3(regs), 1);
		break;
	case __NR_io_submit:
		c->fd = -1;
		c->nr = (__u32)PT_REGS_PARM2(regs);
		break;
	case __NR_io_getevents:
	case __NR_io_pgetevents:
		c->fd = -1;
		c->timeout_ns = user_timeout(PT_REGS_PARM5(regs), 1);
		break;
	case __NR_io_uring_setup:
		c->fd = -1;
		c->nr = (__u32)PT_REGS_PARM1(regs);
		break;
	case __NR_io_uring_enter:
		c->nr = (__u32)PT_REGS_PARM2(regs);
		c->op = (__u16)PT_REGS_PARM3(regs);
		break;
	}
}

inline_fn void begin_call(struct task_state *s, __u32 kind, long id, struct pt_regs *regs)
{
	struct call_record *c = &s->call;

	__builtin_memset(c, 0, sizeof(*c));
	c->pid = s->pid;
	c->tid = s->tid;
	c->seq = ++s->seq;
	c->syscall = id;
	c->target = -1;
	c->timeout_ns = TIMEOUT_NONE;
	read_arguments(c, id, regs);
	s->first_file = 0;
	s->poll_table = 0;
	s->waiting = 0;
	s->off_since_ns = 0;
	s->asleep = 0;
	s->woken = 0;
	s->looked_up_fd = -1;
	s->entry_pending = 0;
	c->enter_ns = bpf_ktime_get_boot_ns();
	s->kind = kind;
}

/* Writes the call as it stands; exit_ns 0 says that it never returned. */
inline_fn void end_call(struct task_state *s, int returned, __s64 ret)
{
	s->call.ret = ret;
	s->call.cpu = bpf_get_smp_processor_id();
	if (s->waiting) {
		s->call.removals++;
		own_step(s, STEP_REMOVAL, 0, s->waiting, 0, s->call.fd, REMOVED_UNSEEN);
		s->waiting = 0;
	}
	if (s->kept)
		write_kept_steps(s);
	if (s->poll_table)
		map_delete(waiters, &s->poll_table);
	/*
	 * From here on nothing counts for this call any more: no callback from an interrupt, and
	 * no switch. This program may be preempted, and a call whose end was read before was
	 * off the CPU for longer than it took.
	 */
	s->kind = NO_CALL;
	s->call.exit_ns = returned ? bpf_ktime_get_boot_ns() : 0;
	ask_for_switch_in(s);
	if (ring_output(calls, &s->call, sizeof(s->call)))
		count_loss(calls);
}
