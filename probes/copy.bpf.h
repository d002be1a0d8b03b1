/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Copies between user space and kernel. These functions are hot everywhere, so each program first
 * checks whether the current task is in a call that the copy belongs to.
 */

inline_fn void copy_step(struct task_state *s, __u32 hook, __u8 step, __u64 n)
{
	struct step_record r = {};

	r.owner_pid = s->pid;
	r.owner_tid = s->tid;
	r.fd = -1;
	r.value = n;
	r.kind = step;
	r.hook = hook;
	write_or_keep_step(&r, s);
}

inline_fn int copied(__u32 hook, __u32 first_kind, __u32 last_kind, __u8 step, __u64 n)
{
	struct task_state *s = in_call(hook);

	if (!s || s->kind < first_kind || s->kind > last_kind)
		return 0;
	if (step == STEP_COPY_IN)
		s->call.bytes_in += n;
	else
		s->call.bytes_out += n;
	if (s->steps)
		copy_step(s, hook, step, n);
	return 0;
}

/* _copy_from_user(to, from, n) */
inline_fn int _copy_from_user_body(__u64 to, __u64 from, __u64 n)
{
	return copied(HOOK__copy_from_user, CALL_SELECT, CALL_EPOLL_WAIT, STEP_COPY_IN, n);
}
PROBE_COPY3(_copy_from_user)

/* __check_object_size(ptr, n, to_user): select copies its sets out inline, behind this check. */
inline_fn int __check_object_size_body(__u64 ptr, __u64 n, __u64 to_user)
{
	if (!(to_user & 1))
		return 0;
	return copied(HOOK___check_object_size, CALL_SELECT, CALL_SELECT, STEP_COPY_OUT, n);
}
PROBE_ENTRY3(__check_object_size)

#define PUT_USER(hook, kind, n)                                                                \
	inline_fn int hook##_body(void)                                                        \
	{                                                                                      \
		return copied(HOOK_##hook, kind, kind, STEP_COPY_OUT, n);                      \
	}                                                                                      \
	PROBE_COPY0(hook)

PUT_USER(__put_user_nocheck_2, CALL_POLL, 2)
PUT_USER(__put_user_nocheck_4, CALL_EPOLL_WAIT, 4)
PUT_USER(__put_user_nocheck_8, CALL_EPOLL_WAIT, 8)
