/* SPDX-License-Identifier: GPL-2.0-only */
/* Wait-queue entries: requested, queued, removed. */

/* The first entry of a call ties its poll_wqueues to the task, for pollwake to find. */
inline_fn int __pollwait_body(__u64 file, __u64 head, __u64 poll_table)
{
	struct task_state *s = in_call(HOOK___pollwait);

	if (!s || s->poll_table)
		return 0;
	s->poll_table = poll_table;
	if (map_update(waiters, &s->poll_table, &s->tid))
		count_loss(waiters);
	return 0;
}
PROBE_ENTRY3(__pollwait)

#define QUEUE_PROC(hook)                                                                       \
	inline_fn int hook##_body(void)                                                        \
	{                                                                                      \
		struct task_state *s = in_call(HOOK_##hook);                                   \
                                                                                               \
		if (s)                                                                         \
			s->entry_pending = 1;                                                  \
		return 0;                                                                      \
	}                                                                                      \
	PROBE_ENTRY0(hook)

QUEUE_PROC(ep_ptable_queue_proc)
QUEUE_PROC(aio_poll_queue_proc)
QUEUE_PROC(io_poll_queue_proc)
QUEUE_PROC(io_async_queue_proc)

inline_fn void own_entry(struct task_state *s, __u64 entry)
{
	struct entry_owner owner = {};

	owner.pid = s->pid;
	owner.tid = s->tid;
	owner.fd = s->call.target;
	owner.steps = s->steps;
	if (s->kind == CALL_EPOLL_CTL) {
		owner.instance = instance_of_entry(entry);
		if (owner.instance != s->instance)
			meet_instance(s, owner.instance);
	}
	if (map_update(entries, &entry, &owner))
		count_loss(entries);
}

inline_fn __s32 fd_of_entry(struct task_state *s)
{
	switch (s->kind) {
	case CALL_SELECT:
	case CALL_POLL:
		return s->looked_up_fd;
	case CALL_EPOLL_CTL:
		return s->call.target;
	case CALL_IO_URING_ENTER: /* the call's fd is the ring's, not the one that is polled */
		return -1;
	default:
		return s->call.fd;
	}
}

/*
 * A page fault inside a call, of the program's buffer say, may wait for the file behind the page:
 * what it queues is not the call's. Where no hook sees the end of the fault (kprobes), what follows
 * is left out as well, and the call says so.
 */
inline_fn int filemap_fault_body(void)
{
	struct task_state *s = in_call(HOOK_filemap_fault);

	if (s)
		s->faulting = 1;
	return 0;
}
PROBE_ENTRY0(filemap_fault)

inline_fn int filemap_fault_done_body(void)
{
	struct task_state *s = in_call(HOOK_filemap_fault_done);

	if (s)
		s->faulting = s->skipped = 0;
	return 0;
}
PROBE_EXIT_ONLY0(filemap_fault_done)

inline_fn int of_a_fault(struct task_state *s)
{
	if (s->faulting)
		s->skipped = 1;
	return s->faulting;
}

inline_fn int insertion(__u32 hook, __u64 head, __u64 entry, __s32 exclusive)
{
	struct task_state *s = in_call(hook);

	if (!s || holds_up(s->kind) || of_a_fault(s))
		return 0;
	s->call.insertions++;
	if (s->entry_pending) {
		s->entry_pending = 0;
		own_entry(s, entry);
	}
	own_step(s, STEP_INSERTION, hook, entry, head, fd_of_entry(s), exclusive);
	if (s->steps && s->kind == CALL_EPOLL_CTL)
		tell_new_item(entry, hook);
	return 0;
}

/* FUNCTION(head, entry): an entry is put on the queue of `head`. */
#define ENTRY_ADDED(function, how, exclusive)                                                  \
	inline_fn int function##_body(__u64 head, __u64 entry)                                 \
	{                                                                                      \
		return how(HOOK_##function, head, entry, exclusive);                           \
	}                                                                                      \
	PROBE_ENTRY2(function)

ENTRY_ADDED(add_wait_queue, insertion, 0)
ENTRY_ADDED(add_wait_queue_exclusive, insertion, 1)

/*
 * An epoll entry is removed with its fd: in EPOLL_CTL_DEL, in close, or as a process dies. Those of
 * AIO and io_uring are removed with their event, in the callback.
 */
inline_fn void owned_removal(struct task_state *s, __u32 hook, __u64 head, __u64 entry, __s32 how)
{
	struct entry_owner *owner = map_lookup(entries, &entry);
	struct step_record r = {};
	__u32 inside = s && s->kind;

	if (!owner && inside && (s->kind == CALL_EPOLL_CTL || s->kind == CALL_CLOSE))
		owner = adopt_entry(entry, hook);
	if (!owner)
		return;
	if (inside)
		s->call.removals++;
	if (!inside || owner->steps) {
		r.entry = entry;
		r.object = head;
		r.owner_pid = owner->pid;
		r.owner_tid = owner->tid;
		r.fd = owner->fd;
		r.value = how;
		r.kind = STEP_REMOVAL;
		r.hook = hook;
		write_step(&r, s);
	}
	map_delete(entries, &entry);
}

/* At the function's return: a callback that races with the removal still finds the owner. */
inline_fn int remove_wait_queue_body(__u64 head, __u64 entry)
{
	struct task_state *s = traced();

	if (s)
		s->hits[HOOK_remove_wait_queue]++;
	if (!s || s->kind == NO_CALL || s->kind == CALL_EPOLL_CTL ||
	    s->kind == CALL_EPOLL_WAIT || s->kind >= CALL_FCNTL) {
		owned_removal(s, HOOK_remove_wait_queue, head, entry, REMOVED_BY_OWNER);
		return 0;
	}
	if (of_a_fault(s))
		return 0;
	s->call.removals++;
	own_step(s, STEP_REMOVAL, HOOK_remove_wait_queue, entry, head, fd_of_entry(s), REMOVED_BY_OWNER);
	return 0;
}
PROBE_EXIT2_VOID(remove_wait_queue)

/*
 * A blocking call queues one entry, on its stack, and may prepare it several times. That counts as
 * one insertion until finish_wait() (6.1: kernel/sched/wait.c) or the call's end.
 */
inline_fn int prepare(__u32 hook, __u64 head, __u64 entry, __s32 exclusive)
{
	struct task_state *s = in_call(hook);

	if (!s || !may_block(s->kind) || s->waiting == entry || of_a_fault(s))
		return 0;
	s->waiting = entry;
	s->call.insertions++;
	own_step(s, STEP_INSERTION, hook, entry, head, s->call.fd, exclusive);
	return 0;
}

ENTRY_ADDED(prepare_to_wait, prepare, 0)
ENTRY_ADDED(prepare_to_wait_exclusive, prepare, 1)
ENTRY_ADDED(prepare_to_wait_event, prepare, 0)
ENTRY_ADDED(do_wait_intr_irq, prepare, 0)

inline_fn int finish_wait_body(__u64 head, __u64 entry)
{
	struct task_state *s = in_call(HOOK_finish_wait);

	if (!s || s->waiting != entry)
		return 0;
	s->waiting = 0;
	s->call.removals++;
	own_step(s, STEP_REMOVAL, HOOK_finish_wait, entry, head, s->call.fd, REMOVED_BY_OWNER);
	return 0;
}
PROBE_EXIT2_VOID(finish_wait)
