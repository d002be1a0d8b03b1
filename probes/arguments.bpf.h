/* SPDX-License-Identifier: GPL-2.0-only */
/* What the arguments of a system call say: its family, fds, sizes, timeout. */

struct timespec_pair {
	__s64 seconds;
	__s64 fraction; /* ns in a timespec, us in a timeval */
};

/*
 * As the kernel has it: a timeval may have more than a second in its second part
 * (fs/select.c kern_select()), a timespec may not (timespec64_valid()).
 */
inline_fn __s64 checked_timeout(__s64 seconds, __s64 fraction, __s64 fraction_ns)
{
	__s64 more;

	if (seconds < 0 || fraction < 0 || (fraction_ns == 1 && fraction >= 1000000000))
		return TIMEOUT_INVALID;
	more = (__u64)fraction * fraction_ns / 1000000000;
	if (fraction > TIMEOUT_MOST / 1000 || seconds > TIMEOUT_MOST / 1000000000 - 1 - more)
		return TIMEOUT_MOST;
	return seconds * 1000000000 + fraction * fraction_ns;
}

inline_fn __s64 user_timeout(__u64 pointer, __s64 fraction_ns)
{
	struct timespec_pair t = {};

	if (!pointer)
		return TIMEOUT_INFINITE;
	if (bpf_probe_read_user(&t, sizeof(t), (void *)pointer))
		return TIMEOUT_UNREAD;
	return checked_timeout(t.seconds, t.fraction, fraction_ns);
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
	case __NR_recvmmsg:
		return CALL_READ;
	case __NR_write:
	case __NR_writev:
	case __NR_sendto:
	case __NR_sendmsg:
	case __NR_sendmmsg:
		return CALL_WRITE;
	case __NR_accept:
	case __NR_accept4:
		return CALL_ACCEPT;
	case __NR_connect:
		return CALL_CONNECT;
	case __NR_sendfile:
	case __NR_splice:
		return CALL_SPLICE;
	case __NR_close:
		return CALL_CLOSE;
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

inline_fn __u32 at_most_32_bits(__u64 number)
{
	return number > 0xffffffff ? 0xffffffff : number;
}

inline_fn void read_arguments(struct call_record *c, long id, struct pt_regs *regs)
{
	c->fd = (__s32)PT_REGS_PARM1(regs);
	c->nr = at_most_32_bits(PT_REGS_PARM3(regs));
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
	case __NR_readv: /* their third argument counts no bytes */
	case __NR_writev:
	case __NR_recvmsg:
	case __NR_sendmsg:
	case __NR_sendmmsg:
	case __NR_accept:
	case __NR_accept4:
	case __NR_connect:
	case __NR_close:
		c->nr = 0;
		break;
	case __NR_recvmmsg:
		c->nr = 0;
		c->timeout_ns = user_timeout(PT_REGS_PARM5(regs), 1);
		break;
	case __NR_sendfile: /* to the first from the second */
		c->target = (__s32)PT_REGS_PARM1(regs);
		c->fd = (__s32)PT_REGS_PARM2(regs);
		c->nr = at_most_32_bits(regs->r10);
		break;
	case __NR_splice:
		c->target = (__s32)PT_REGS_PARM3(regs);
		c->nr = at_most_32_bits(PT_REGS_PARM5(regs));
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
