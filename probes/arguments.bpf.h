/* SPDX-License-Identifier: GPL-2.0-only */
/* What the arguments of a system call say: family, fds, sizes, timeout. */

struct timespec_pair {
	__s64 seconds;
	__s64 fraction; /* ns in a timespec, us in a timeval */
};

/*
 * As in the kernel (6.1): the microseconds of a timeval may exceed a second (fs/select.c
 * kern_select()), the nanoseconds of a timespec may not (timespec64_valid()).
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

#define EPOLL_CTL_DEL 2

/* The events that epoll_ctl requests, the first field of struct epoll_event; 0: not read. */
inline_fn __u32 user_events(__u16 op, __u64 pointer)
{
	__u32 events = 0;

	if (op == EPOLL_CTL_DEL || bpf_probe_read_user(&events, sizeof(events), (void *)pointer))
		return 0;
	return events;
}

inline_fn __s64 milliseconds(__s32 timeout)
{
	return timeout < 0 ? TIMEOUT_INFINITE : timeout * 1000000LL;
}

/* What READ_... of the table SYSCALLS (tables.h) does with argument n. */
#define READ_fd(n) c->fd = (__s32)SYSCALL_ARG_##n(regs);
#define READ_nr(n) c->nr = (__u32)SYSCALL_ARG_##n(regs);
#define READ_size(n) c->nr = at_most_32_bits(SYSCALL_ARG_##n(regs));
#define READ_events(n) c->nr = user_events(c->op, SYSCALL_ARG_##n(regs));
#define READ_op(n) c->op = (__u16)SYSCALL_ARG_##n(regs);
#define READ_target(n) c->target = (__s32)SYSCALL_ARG_##n(regs);
#define READ_timeout_ms(n) c->timeout_ns = milliseconds((__s32)SYSCALL_ARG_##n(regs));
#define READ_timespec(n) c->timeout_ns = user_timeout(SYSCALL_ARG_##n(regs), 1);
#define READ_timeval(n) c->timeout_ns = user_timeout(SYSCALL_ARG_##n(regs), 1000);

#define KIND_OF(number, kind, reads)                                                           \
	case number:                                                                           \
		return kind;
#define READ_ARGUMENTS(number, kind, reads)                                                    \
	case number:                                                                           \
		reads break;

inline_fn __u32 kind_of(long id)
{
	switch (id) {
		SYSCALLS(KIND_OF)
	default:
		return NO_CALL;
	}
}

inline_fn __u32 at_most_32_bits(__u64 number)
{
	return number > 0xffffffff ? 0xffffffff : number;
}

inline_fn void read_arguments(struct call_record *c, long id,
				struct argument_registers *regs)
{
	switch (id) {
		SYSCALLS(READ_ARGUMENTS)
	}
}
