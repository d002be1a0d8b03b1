/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Wake functions: wait_queue_func_t(entry, mode, flags, key). They run in the waker's context,
 * under the queue's lock; the entry identifies its owner.
 */

#define KEY_POLLFREE 0x4000 /* include/uapi/asm-generic/poll.h */

/* Counts the callback for the task whose context it ran in. True if a step is to be written. */
inline_fn int ran_here(struct task_state *s, __u32 hook, __u32 owner_steps, __u32 always)
{
	struct totals *t;

	if (s) {
		s->hits[hook]++;
		if (s->kind) {
			s->call.callbacks++;
			return owner_steps;
		}
	} else {
		t = the_totals();
		if (t)
			__sync_fetch_and_add(&t->elsewhere[hook], 1);
	}
	return owner_steps | always;
}

inline_fn void callback_step(struct task_state *s, __u32 hook, __u64 entry, __u64 key,
			     __u64 instance, __u32 pid, __u32 tid, __s32 fd)
{
	struct step_record r = {};

	r.entry = entry;
	r.object = instance;
	r.owner_pid = pid;
	r.owner_tid = tid;
	r.fd = fd;
	r.value = (__s32)key;
	r.kind = STEP_CALLBACK;
	r.hook = hook;
	write_step(&r, s);
}

inline_fn int notify(__u32 hook, struct task_state *owner, __u64 entry, __u64 key)
{
	struct task_state *s = traced();

	__sync_fetch_and_add(&owner->call.notified, 1);
	if (ran_here(s, hook, owner->steps, 0))
		callback_step(s, hook, entry, key, 0, owner->pid, owner->tid, -1);
	return 0;
}

/* The task whose select or poll has the poll_wqueues that begins with `poll_table`. */
inline_fn struct task_state *polling(__u64 poll_table)
{
	__u64 task = polling_task(poll_table);
	struct task_state *owner;
	__u32 *tid;

	if (task) {
		owner = task_state_of(task_tid(task));
		return owner && (owner->kind == CALL_SELECT || owner->kind == CALL_POLL) ? owner : 0;
	}
	tid = map_lookup(waiters, &poll_table);
	owner = tid ? task_state_of(*tid) : 0;
	return owner && owner->kind && owner->poll_table == poll_table ? owner : 0;
}

inline_fn int pollwake_body(__u64 entry, __u64 key)
{
	struct task_state *owner = polling((__u64)entry_private(entry));

	return owner ? notify(HOOK_pollwake, owner, entry, key) : 0;
}
PROBE_CALLBACK(pollwake)

/* No call counts this one for the waiter, so outside of calls it is always written. */
inline_fn void run_owned(struct entry_owner *owner, __u32 hook, __u64 entry, __u64 key)
{
	struct task_state *s = traced();

	if (ran_here(s, hook, owner->steps, 1))
		callback_step(s, hook, entry, key, owner->instance, owner->pid, owner->tid,
			      owner->fd);
}

inline_fn void owned_callback(__u32 hook, __u64 entry, __u64 key)
{
	struct entry_owner *owner = map_lookup(entries, &entry);

	if (owner)
		run_owned(owner, hook, entry, key);
}

inline_fn int ep_poll_callback_body(__u64 entry, __u64 key)
{
	struct entry_owner *owner = map_lookup(entries, &entry);

	if (!owner)
		owner = adopt_entry(entry, HOOK_ep_poll_callback);
	else if (owner->steps)
		tell_changed_item(owner, entry, HOOK_ep_poll_callback);
	if (!owner)
		return 0;
	if (owner->steps)
		tell_lists(traced(), owner->instance, entry, owner->fd, HOOK_ep_poll_callback);
	run_owned(owner, HOOK_ep_poll_callback, entry, key);
	if (key & KEY_POLLFREE)
		owned_removal(traced(), HOOK_ep_poll_callback, 0, entry, REMOVED_BY_CALLBACK);
	return 0;
}
PROBE_CALLBACK(ep_poll_callback)

/* With steps: the state of the instance's lists, still under the queue's lock. */
inline_fn int ep_poll_callback_done_body(__u64 entry)
{
	struct entry_owner *owner = map_lookup(entries, &entry);
	struct task_state *s = traced();

	if (s)
		s->hits[HOOK_ep_poll_callback_done]++;
	if (owner && owner->steps)
		tell_lists(s, owner->instance, entry, owner->fd, HOOK_ep_poll_callback_done);
	return 0;
}
PROBE_EXIT_ONLY1(ep_poll_callback_done)

/*
 * The entries of AIO and io_uring: their callbacks remove them inline, most of them with the first
 * event. So the entry is checked at the callback's end, still under the queue's lock.
 */
#define OWNED_CALLBACK(hook)                                                                   \
	inline_fn int hook##_body(__u64 entry, __u64 key)                                      \
	{                                                                                      \
		owned_callback(HOOK_##hook, entry, key);                                       \
		return 0;                                                                      \
	}                                                                                      \
	PROBE_CALLBACK(hook)

#define CALLBACK_DONE(hook)                                                                    \
	inline_fn int hook##_body(__u64 entry)                                                 \
	{                                                                                      \
		struct task_state *s = traced();                                               \
                                                                                               \
		if (s)                                                                         \
			s->hits[HOOK_##hook]++;                                                \
		if (entry_is_off(entry))                                                       \
			owned_removal(s, HOOK_##hook, 0, entry, REMOVED_BY_CALLBACK);          \
		return 0;                                                                      \
	}                                                                                      \
	PROBE_EXIT_ONLY1(hook)

OWNED_CALLBACK(aio_poll_wake)
CALLBACK_DONE(aio_poll_wake_done)
OWNED_CALLBACK(io_poll_wake)
CALLBACK_DONE(io_poll_wake_done)

/* The entry's private is the sleeping task. */
inline_fn int wake_task(__u32 hook, __u64 entry, __u64 key, __u32 first_kind, __u32 last_kind)
{
	void *task = (void *)entry_private(entry);
	struct task_state *owner = task_state_of(task_tid(task));

	if (!owner || owner->kind < first_kind || owner->kind > last_kind)
		return 0;
	owner->woken_through = entry;
	if (owner->faulting)
		return 0;
	return notify(hook, owner, entry, key);
}

inline_fn int ep_autoremove_wake_function_body(__u64 entry, __u64 key)
{
	return wake_task(HOOK_ep_autoremove_wake_function, entry, key, CALL_EPOLL_WAIT,
			 CALL_EPOLL_WAIT);
}
PROBE_CALLBACK(ep_autoremove_wake_function)

#define WAKE_BLOCKING(hook)                                                                    \
	inline_fn int hook##_body(__u64 entry, __u64 key)                                      \
	{                                                                                      \
		return wake_task(HOOK_##hook, entry, key, CALL_READ, CALL_SPLICE);              \
	}                                                                                      \
	PROBE_CALLBACK(hook)

WAKE_BLOCKING(woken_wake_function)
WAKE_BLOCKING(autoremove_wake_function)
WAKE_BLOCKING(receiver_wake_function)

/*
 * The wake function of entries that are queued inline or by an old-style loop (signalfd, eventfd).
 * The other wake functions end in it too, with the same entry, which has been counted then.
 */
inline_fn int default_wake_function_body(__u64 entry, __u64 key)
{
	void *task = (void *)entry_private(entry);
	struct task_state *owner = task_state_of(task_tid(task));

	if (!owner || !may_block(owner->kind))
		return 0;
	if (owner->woken_through == entry) {
		owner->woken_through = 0;
		return 0;
	}
	if (owner->faulting || (owner->waiting && owner->waiting != entry))
		return 0;
	return notify(HOOK_default_wake_function, owner, entry, key);
}
PROBE_CALLBACK(default_wake_function)
