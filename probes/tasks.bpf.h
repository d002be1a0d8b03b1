/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which tasks are traced: the recorder makes the first ones join, their forks and threads follow.
 */

inline_fn void write_life(struct task_record *r, __u32 kind)
{
	r->ts_ns = bpf_ktime_get_boot_ns();
	r->kind = kind;
	if (ring_output(lives, r, sizeof(*r)))
		count_loss(lives);
}

/* Of the current task; a child has the name and the cgroup of its parent. */
inline_fn void tell_life(__u32 kind, __u32 tid, __u32 pid, __u32 parent_tid, __u64 task)
{
	struct task_record r = {};

	r.tid = tid;
	r.pid = pid;
	r.parent_tid = parent_tid;
	r.cgroup = bpf_get_current_cgroup_id();
	bpf_get_current_comm(r.comm, sizeof(r.comm));
	read_own_number(&r, task);
	write_life(&r, kind);
}

inline_fn void begin_state(struct task_state *s, __u32 tid, __u32 pid, __u32 flags)
{
	s->pid = pid;
	s->steps = flags & JOIN_STEPS;
	s->seq = 0;
	s->kind = NO_CALL;
	s->held_kind = NO_CALL;
	s->kept = 0;
	s->epoll_fd = -1;
	s->instance = 0;
	s->joined_ns = bpf_ktime_get_boot_ns();
	s->follow = !!(flags & JOIN_FOLLOW);
	s->under_way = !!(flags & JOIN_UNDER_WAY);
	s->adds_up = !!(flags & JOIN_ADDS_UP);
	s->last_wait_ns = 0;
	s->tid = tid;
}

/* The slot can be found by tid only once the state is complete: the task may be running. */
inline_fn int take_slot(__u32 tid, __u32 pid, __u32 flags, __u16 *place, __u32 slot)
{
	struct task_state *s = map_lookup(tasks, &slot);
	struct totals *t = the_totals();

	if (!s || !t)
		return NO_ROOM;
	if (map_insert(owners, &tid, &slot)) {
		queue_push(free_slots, &slot);
		return WAS_THERE;
	}
	begin_state(s, tid, pid, flags);
	*place = slot;
	__sync_fetch_and_add(&t->joined, 1);
	return JOINED;
}

#define ALREADY_THERE (-17) /* -EEXIST */

/*
 * Counted once, however often it tries, as long as lost_tasks has room; then at each try: better
 * too many than too few. `named`: it has the name of the current task.
 */
inline_fn int lose_task(__u32 tid, __u32 pid, __u32 named)
{
	struct lost_task lost = {};
	long refused;

	lost.pid = pid;
	if (named)
		bpf_get_current_comm(lost.comm, sizeof(lost.comm));
	refused = map_insert(lost_tasks, &tid, &lost);
	if (refused == ALREADY_THERE)
		return NO_ROOM;
	count_loss(tasks);
	if (named && !refused)
		tell_life(LIFE_LOST, tid, pid, 0, bpf_get_current_task());
	return NO_ROOM;
}

inline_fn int join(__u32 tid, __u32 pid, __u32 flags, __u32 named)
{
	__u16 *place = slot_of(tid);
	__u32 slot = 0;

	if (place && *place)
		return WAS_THERE;
	if (!place || queue_pop(free_slots, &slot))
		return lose_task(tid, pid, named);
	return take_slot(tid, pid, flags, place, slot);
}

inline_fn void keep_hits(struct task_state *s)
{
	struct totals *t = the_totals();

	if (!t)
		return;
	/*
	 * No test for 0: BCC's compiler would jump into the middle of the loop, which 6.1's
	 * verifier takes for an endless one.
	 */
	for (int i = 0; i < MAX_HOOKS; i++) {
		__sync_fetch_and_add(&t->hits[i], s->hits[i]);
		s->hits[i] = 0;
	}
}

/* Whoever deletes the owner gives the slot back: once, however many try. */
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
	if (s->kept)
		count_losses(steps, s->kept);
	keep_hits(s);
	queue_push(free_slots, &slot);
}

inline_fn int is_named(char *wanted)
{
	__u64 *name = (__u64 *)wanted, here[2] = {};

	bpf_get_current_comm(here, sizeof(here));
	return here[0] == name[0] && here[1] == name[1];
}

/* At a system call of an untraced task: have it join if it is one of those to be watched. */
inline_fn struct task_state *join_lazily(__u32 flags)
{
	__u32 zero = 0;
	struct watching *w = map_lookup(watching, &zero);
	__u64 here;

	if (!w || !w->who)
		return 0;
	here = bpf_get_current_pid_tgid();
	if (here >> 32 == w->own_pid)
		return 0;
	if (w->who == JOINERS_CGROUP && !is_below_cgroup(cgroups, 0))
		return 0;
	if (w->who == JOINERS_COMM && !is_named(w->comm))
		return 0;
	if (join((__u32)here, here >> 32, w->flags | flags, 1) != JOINED)
		return 0;
	tell_life(LIFE_JOINED, (__u32)here, here >> 32, 0, bpf_get_current_task());
	return task_state_of((__u32)here);
}

/* The flags that a child joins with; 0: it does not join. */
inline_fn __u32 flags_of_child(struct task_state *parent)
{
	__u32 pid = bpf_get_current_pid_tgid() >> 32;
	__u32 *flags;

	if (!parent) {
		flags = map_lookup(marked, &pid);
		return flags && *flags & JOIN_FOLLOW ? *flags : 0;
	}
	if (!parent->follow)
		return 0;
	return JOIN_FOLLOW | (parent->steps ? JOIN_STEPS : 0) |
	       (parent->adds_up ? JOIN_ADDS_UP : 0);
}

/* A previous owner of this tid that was not seen to end is not the new task. */
PROGRAM_RAW_TP(sched_process_fork)
{
	struct task_state *s = traced();
	__u32 tid = task_tid((void *)ctx->args[1]);
	__u32 flags = flags_of_child(s);
	__u16 *place = slot_of(tid);

	if (place && *place)
		leave(tid);
	if (s)
		s->hits[HOOK_sched_process_fork]++;
	if (flags && join(tid, task_pid((void *)ctx->args[1]), flags, 1) == JOINED)
		tell_life(LIFE_FORKED, tid, task_pid((void *)ctx->args[1]),
			  (__u32)bpf_get_current_pid_tgid(), ctx->args[1]);
	return 0;
}

/* A thread that execs takes over its leader's tid: the leader has ended by then. */
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
	if (!s)
		return 0;
	s->hits[HOOK_sched_process_exec]++;
	tell_life(LIFE_EXECED, tid, s->pid, (__u32)ctx->args[1], ctx->args[0]);
	return 0;
}

/* TP_PROTO(struct task_struct *task, const char *comm): called before the name changes. */
PROGRAM_RAW_TP(task_rename)
{
	struct task_state *s = task_state_of(task_tid((void *)ctx->args[0]));
	struct task_record r = {};

	if (!s)
		return 0;
	s->hits[HOOK_task_rename]++;
	r.tid = s->tid;
	r.pid = s->pid;
	read_own_number(&r, ctx->args[0]);
	bpf_probe_read_kernel_str(r.comm, sizeof(r.comm), (void *)ctx->args[1]);
	write_life(&r, LIFE_RENAMED);
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
	if (s->held_kind)
		write_held(s, 0, 0);
	tell_life(LIFE_ENDED, s->tid, s->pid, 0, bpf_get_current_task());
	leave(s->tid);
	return 0;
}

/*
 * Run by the recorder, attached to nothing: (tid, pid, flags) joins; tid 0 is the calling task. So
 * a task joins in the same way whether the kernel or the recorder makes it join.
 */
PROGRAM_RAW_TP(join_task)
{
	__u64 here = bpf_get_current_pid_tgid();
	__u32 tid = (__u32)ctx->args[0];

	if (!tid) {
		int joined = join((__u32)here, here >> 32, (__u32)ctx->args[2], 1);

		if (joined == JOINED)
			tell_life(LIFE_JOINED, (__u32)here, here >> 32, 0, bpf_get_current_task());
		return joined;
	}
	return join(tid, (__u32)ctx->args[1], (__u32)ctx->args[2], 0);
}

/* Run by the recorder before anything else: the slots from (first) on are free. */
PROGRAM_RAW_TP(free_slot_range)
{
	for (__u32 i = 0; i < SLOTS_AT_ONCE; i++) {
		__u32 slot = (__u32)ctx->args[0] + i;

		queue_push(free_slots, &slot);
	}
	return 0;
}

/* Run by the recorder: (tid) is no longer traced. */
PROGRAM_RAW_TP(leave_task)
{
	leave((__u32)ctx->args[0]);
	return 0;
}

/* Run by the recorder: its pid in the initial namespace. */
PROGRAM_RAW_TP(tell_pid)
{
	return bpf_get_current_pid_tgid() >> 32;
}
