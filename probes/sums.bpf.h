/* SPDX-License-Identifier: GPL-2.0-only */
/* Sums instead of a record per call: the totals of a thread's calls of one kind on one fd. */

#define EAGAIN 11

inline_fn __u32 bucket_of(__u64 ns)
{
	__u32 n = 0;

	if (ns >> 32) {
		n += 32;
		ns >>= 32;
	}
	if (ns >> 16) {
		n += 16;
		ns >>= 16;
	}
	if (ns >> 8) {
		n += 8;
		ns >>= 8;
	}
	if (ns >> 4) {
		n += 4;
		ns >>= 4;
	}
	if (ns >> 2) {
		n += 2;
		ns >>= 2;
	}
	n += ns >> 1;
	asm volatile("" : "+r"(n)); /* or the compiler drops the mask, which older verifiers need */
	return n & (SUM_BUCKETS - 1);
}

/* A key is its thread's own: nobody else writes there, so nothing needs to be atomic. */
inline_fn struct sums *sums_of(struct sum_key *key)
{
	struct sums *found = map_lookup(sums, key);
	__u32 zero = 0;

	if (found)
		return found;
	found = map_lookup(no_sums, &zero);
	if (!found || map_insert(sums, key, found)) {
		count_loss(sums);
		return 0;
	}
	return map_lookup(sums, key);
}

inline_fn void add_wait(struct task_state *s, struct call_record *c, struct sums *to, __u32 kind)
{
	__u64 gap = c->enter_ns - s->last_wait_ns;

	to->at_once += c->timeout_ns == 0;
	to->saturated += kind == CALL_EPOLL_WAIT && c->ret > 0 && c->ret == c->nr;
	if (s->last_wait_ns) {
		__sync_fetch_and_add(&to->gaps[bucket_of(gap)], 1);
		if (gap > to->longest_gap_ns)
			to->longest_gap_ns = gap;
	}
	s->last_wait_ns = c->exit_ns;
}

inline_fn void add_up(struct task_state *s, struct call_record *c, __u32 kind)
{
	struct sum_key key = {};
	struct sums *to;
	__u64 took;

	if (!c->exit_ns) /* it never returned */
		return;
	key.pid = c->pid;
	key.tid = c->tid;
	key.fd = c->fd;
	key.syscall = c->syscall;
	to = sums_of(&key);
	if (!to)
		return;
	took = c->exit_ns - c->enter_ns;
	to->calls++;
	if (c->ret > 0)
		to->returned += c->ret;
	to->empty += c->ret == 0;
	to->failed += c->ret < 0;
	to->again += c->ret == -EAGAIN;
	to->slept += c->sleeps != 0;
	to->wakeups += c->wakeups;
	to->wall_ns += took;
	to->off_cpu_ns += c->off_cpu_ns;
	if (took > to->longest_ns)
		to->longest_ns = took;
	__sync_fetch_and_add(&to->took[bucket_of(took)], 1);
	if (kind == CALL_SELECT || kind == CALL_POLL || kind == CALL_EPOLL_WAIT)
		add_wait(s, c, to, kind);
}
