/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Were all fds of a select or poll polled by functions that are hooked, and how often? A pass polls
 * each fd once, so the polls seen must be passes times fds. The common case costs a multiplication;
 * the program's array is read only where that does not add up.
 */

#define MOST_COUNTED 128   /* fds of a poll's array */
#define SET_WORDS 16       /* of 64 fds each: what glibc's fd_set has */
#define EPOLL_CTL_ADD 1
#define POLLNVAL 0x20      /* include/uapi/asm-generic/poll.h: closed, so not polled */

struct user_pollfd {
	__s32 fd;
	__u16 events;
	__u16 revents;
};

#ifdef __BCC__

/* The verifier rejects what BCC's compiler makes of the loop. */
inline_fn __u32 fds_of_poll(struct task_state *s)
{
	return 0;
}

#else

/*
 * How many fds a pass of poll polls; 0: not known. Added up in the map, whose values the verifier
 * does not track: else each iteration would be one more state for it.
 */
inline_fn __u32 fds_of_poll(struct task_state *s)
{
	struct user_pollfd each = {};
	__u32 n = s->call.nr;
	long failed = 0;

	if (n > MOST_COUNTED)
		return 0;
	s->expected = 0;
	for (__u32 i = 0; i < MOST_COUNTED; i++) {
		if (i >= n)
			break;
		failed |= bpf_probe_read_user(&each, sizeof(each),
					      (void *)(s->user_fds + i * sizeof(each)));
		s->expected += (each.fd >= 0) & !(each.revents & POLLNVAL);
	}
	return failed ? 0 : s->expected;
}

#endif

inline_fn __u64 word_of_set(__u64 set, __u32 word)
{
	__u64 bits = 0;

	if (set)
		bpf_probe_read_user(&bits, sizeof(bits), (void *)(set + word * sizeof(bits)));
	return bits;
}

inline_fn __u32 bits_in(__u64 word)
{
	word -= (word >> 1) & 0x5555555555555555ULL;
	word = (word & 0x3333333333333333ULL) + ((word >> 2) & 0x3333333333333333ULL);
	word = (word + (word >> 4)) & 0x0f0f0f0f0f0f0f0fULL;
	return word * 0x0101010101010101ULL >> 56;
}

inline_fn __u32 fds_in_word(__u64 in, __u64 out, __u64 except, __u32 word, __u64 of)
{
	return bits_in((word_of_set(in, word) | word_of_set(out, word) |
			word_of_set(except, word)) & of);
}

/* What a pass of select polls: those in any of its sets. */
inline_fn void count_fds_of_select(struct task_state *s, struct argument_registers *regs)
{
	__u64 in = SYSCALL_ARG_2(regs), out = SYSCALL_ARG_3(regs), except = SYSCALL_ARG_4(regs);
	__u32 n = s->call.nr;

	s->expected = 0;
	if (n > SET_WORDS * 64)
		return;
	if (n % 64)
		s->expected = fds_in_word(in, out, except, n / 64, (1ULL << n % 64) - 1);
	for (__u32 word = 0; word < SET_WORDS; word++) {
		if (word >= n / 64)
			break;
		s->expected += fds_in_word(in, out, except, word, ~0ULL);
	}
	s->call.enter_ns = bpf_ktime_get_boot_ns();
}

/*
 * Passes are counted by the file that was polled first. Where that file was polled twice in a pass,
 * or was closed meanwhile, the number of fds gives the passes instead, if the number of sleeps
 * between them agrees.
 */
inline_fn void check_passes(struct task_state *s)
{
	struct call_record *c = &s->call;
	__u32 poll = s->kind == CALL_POLL;
	__u32 n = poll ? c->nr : s->expected;
	__u32 passes;

	if (c->fd_polls == n * c->passes)
		return;
	/* More fds than the verifier allows to count: all passes must have polled equally many. */
	if (!poll && c->nr > SET_WORDS * 64 && c->passes && !(c->fd_polls % c->passes))
		return;
	if (poll)
		n = fds_of_poll(s);
	passes = n ? c->fd_polls / n : 0;
	if (!n || passes * n != c->fd_polls)
		c->unseen |= UNSEEN_FD_POLL;
	else if (passes == c->passes || passes == 1U + c->restarts + c->sleep_calls)
		c->passes = passes;
	else
		c->unseen |= UNSEEN_PASSES;
}

/* A select or poll finds events only by polling, unless it has no fd to poll. */
inline_fn int has_fds(struct task_state *s)
{
	if (s->kind == CALL_SELECT && s->call.nr <= SET_WORDS * 64)
		return s->expected;
	return s->call.nr;
}

/*
 * epoll polls each fd when it is added, and once for each that it returns (6.1: fs/eventpoll.c
 * ep_insert(), ep_send_events()).
 */
inline_fn void check_polls(struct task_state *s, __s64 ret)
{
	struct call_record *c = &s->call;
	int unseen = 0;

	switch (s->kind) {
	case CALL_SELECT:
	case CALL_POLL:
		if (c->fd_polls)
			check_passes(s);
		else
			unseen = ret >= 0 && has_fds(s);
		break;
	case CALL_EPOLL_CTL:
		unseen = c->op == EPOLL_CTL_ADD && !ret && !c->fd_polls;
		break;
	case CALL_EPOLL_WAIT:
		unseen = ret > (__s64)c->fd_polls;
	}
	if (unseen)
		c->unseen |= UNSEEN_FD_POLL;
}
