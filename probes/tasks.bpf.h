/* SPDX-License-Identifier: GPL-2.0-only */
/* Which tasks are traced: the recorder has the first ones join, forks and threads follow. */

/* What became of an attempt to join; tracer/bpf/maps.py. */
enum joining {
	JOINED = 0,
	WAS_THERE = 1,
	NO_ROOM = 2,
};

inline_fn void begin_state(struct task_state *s, __u32 tid, __u32 pid, __u32 steps)
{
	s->pid = pid;
	s->steps = steps;
	s->seq = 0;
	s->kind = NO_CALL;
	s->kept = 0;
	s->tid = tid;
}

/* The slot is found by its tid only once the state is whole: the task may be running. */
inline_fn int take_slot(__u32 tid, __u32 pid, __u32 steps, __u16 *place, __u32 slot)
{
	struct task_state *s = map_lookup(tasks, &slot);

	if (!s)
		return NO_ROOM;
	if (map_insert(owners, &tid, &slot)) {
		queue_push(free_slots, &slot);
		return WAS_THERE;
	}
	begin_state(s, tid, pid, steps);
	*place = slot;
	return JOINED;
}

inline_fn int join(__u32 tid, __u32 pid, __u32 steps)
{
	__u16 *place = slot_of(tid);
	__u32 slot = 0;

	if (place && *place)
		return WAS_THERE;
	if (!place || queue_pop(free_slots, &slot)) {
		count_loss(tasks);
		return NO_ROOM;
	}
	return take_slot(tid, pid, steps, place, slot);
}

inline_fn void keep_hits(struct task_state *s)
{
	struct totals *t = the_totals();

	if (!t)
		return;
	for (int i = 0; i < MAX_HOOKS; i++) {
		if (s->hits[i])
			__sync_fetch_and_add(&t->hits[i], s->hits[i]);
		s->hits[i] = 0;
	}
}

/* Whoever takes the owner out gives the slot back: once, however many try. */
inline_fn void leave(__u32 tid)
{
	__u32 *found = map_lookup(owners, &tid);
	__u16 *place = slot_of(tid);
	__u32 slot = found ? *found : 0;
	struct task_state *s = map_lookup(tasks, &slot);

	if (!slot || !s || !place)
		return;
	*place = 0;
	s->tid = 0;
	if (map_delete(owners, &tid))
		return;
	keep_hits(s);
	queue_push(free_slots, &slot);
}

/* What had this tid before and was not seen to end is not the new task. */
PROGRAM_RAW_TP(sched_process_fork)
{
	struct task_state *s = traced();
	void *child = (void *)ctx->args[1];
	__u32 tid = task_tid(child);
	__u16 *place = slot_of(tid);

	if (place && *place)
		leave(tid);
	if (!s)
		return 0;
	s->hits[HOOK_sched_process_fork]++;
	join(tid, task_pid(child), s->steps);
	return 0;
}

/* A thread that execs takes its leader's tid: the leader has ended before. */
inline_fn void change_tid(__u32 old, __u32 tid)
{
	__u32 *found = map_lookup(owners, &old);
	__u16 *before = slot_of(old), *place = slot_of(tid);
	__u32 slot = found ? *found : 0;
	struct task_state *s = map_lookup(tasks, &slot);

	if (!slot || !s || !before || !place)
		return;
	leave(tid);
	map_delete(owners, &old);
	map_update(owners, &tid, &slot);
	*before = 0;
	s->tid = tid;
	*place = slot;
}

/* TP_PROTO(struct task_struct *p, pid_t old_pid, struct linux_binprm *bprm) */
PROGRAM_RAW_TP(sched_process_exec)
{
	__u32 tid = (__u32)bpf_get_current_pid_tgid();
	struct task_state *s;

	if ((__u32)ctx->args[1] != tid)
		change_tid((__u32)ctx->args[1], tid);
	s = traced();
	if (s)
		s->hits[HOOK_sched_process_exec]++;
	return 0;
}

PROGRAM_RAW_TP(sched_process_exit)
{
	struct task_state *s = traced();

	if (!s)
		return 0;
	s->hits[HOOK_sched_process_exit]++;
	if (s->kind)
		end_call(s, 0, 0);
	leave(s->tid);
	return 0;
}

/*
 * Run by the recorder, attached to nothing: (tid, pid, steps) joins, tid 0 is whoever runs it.
 * So a task joins in the same way whether the kernel or the recorder has it join.
 */
PROGRAM_RAW_TP(join_task)
{
	__u64 here = bpf_get_current_pid_tgid();
	__u32 tid = (__u32)ctx->args[0];

	if (!tid)
		return join((__u32)here, here >> 32, (__u32)ctx->args[2]);
	return join(tid, (__u32)ctx->args[1], (__u32)ctx->args[2]);
}

/* Run by the recorder: (tid) is traced no longer. */
PROGRAM_RAW_TP(leave_task)
{
	leave((__u32)ctx->args[0]);
	return 0;
}
