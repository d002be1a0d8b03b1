/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The maps, and what every hook asks: is this task traced, and in which call? The structs that the
 * maps hold are in tables.h.
 */
#ifndef TRACER_STATE_H
#define TRACER_STATE_H

#define TID_PAGES 1024 /* for PID_MAX_LIMIT, 4 Mi; the loader shrinks it to pid_max */

/*
 * Every hook asks for the state of a tid, traced or not: two array lookups, which are a few inlined
 * instructions, work in an NMI too and have no collisions. Joining and leaving go through `owners`,
 * whose insertion is atomic, and `free_slots`.
 */
MAP_ARRAY(tids, struct tid_page, TID_PAGES)
MAP_ARRAY(tasks, struct task_state, TASK_SLOTS + 1) /* slot 0 is nobody's */
MAP_HASH(owners, __u32, __u32, TASK_SLOTS)
MAP_QUEUE(free_slots, __u32, TASK_SLOTS)
MAP_HASH(lost_tasks, __u32, struct lost_task, TASK_SLOTS)
MAP_HASH(marked, __u32, __u32, 1024) /* by pid: flags with which its children join */
MAP_ARRAY(watching, struct watching, 1)
MAP_CGROUPS(cgroups, 1)
MAP_HASH(entries, __u64, struct entry_owner, 65536)
MAP_HASH(instances, __u64, struct instance, 4096)
MAP_HASH(waiters, __u64, __u32, 8192)
MAP_ARRAY(totals, struct totals, 1)
#ifndef MOST_SUMS
#define MOST_SUMS 16 /* the loader enlarges it where calls are added up */
#endif
MAP_HASH(sums, struct sum_key, struct sums, MOST_SUMS)
MAP_ARRAY(no_sums, struct sums, 1) /* the initial value of a sum: too large for the stack */
MAP_RING(lives, 1048576)
MAP_RING(calls, 16777216)
MAP_RING(steps, 16777216)

inline_fn struct totals *the_totals(void)
{
	__u32 zero = 0;

	return map_lookup(totals, &zero);
}

#define count_losses(what, count)                                                              \
	do {                                                                                   \
		struct totals *t = the_totals();                                               \
		if (t)                                                                         \
			__sync_fetch_and_add(&t->losses.what, count);                          \
	} while (0)
#define count_loss(what) count_losses(what, 1)

inline_fn __u16 *slot_of(__u32 tid)
{
	__u32 page = tid / TIDS_PER_PAGE;
	struct tid_page *tids_here = map_lookup(tids, &page);

	return tids_here ? &tids_here->slot[tid % TIDS_PER_PAGE] : 0;
}

/* The state of the task `tid`, if it is traced. A waker may ask while the slot changes owners. */
inline_fn struct task_state *task_state_of(__u32 tid)
{
	__u16 *place = slot_of(tid);
	__u32 slot = place ? *place : 0;
	struct task_state *s;

	if (!slot)
		return 0;
	s = map_lookup(tasks, &slot);
	return s && s->tid == tid ? s : 0;
}

/* The task `tid`, if it is traced and in a traced call. */
inline_fn struct task_state *calling(__u32 tid)
{
	struct task_state *s = task_state_of(tid);

	return s && s->kind ? s : 0;
}

/* The current task, if it is traced. */
inline_fn struct task_state *traced(void)
{
	return task_state_of((__u32)bpf_get_current_pid_tgid());
}

/* The current task, if it is traced and in a traced call. Counts the hook's hit. */
inline_fn struct task_state *in_call(__u32 hook)
{
	struct task_state *s = traced();

	if (!s)
		return 0;
	s->hits[hook]++;
	return s->kind ? s : 0;
}

/* Whether a call may queue an entry on its own stack and sleep, to wait for its file. */
inline_fn int may_block(__u32 kind)
{
	return kind >= CALL_READ && kind <= CALL_SPLICE;
}

/*
 * Calls that may hold a loop up: what they queue is on no fd's wait queue (6.1: kernel/exit.c
 * do_wait() waits for a child to end).
 */
inline_fn int holds_up(__u32 kind)
{
	return kind >= CALL_FSYNC && kind <= CALL_FLOCK;
}

/* Fills in what every step has: when, who, in which call. */
inline_fn void complete_step(struct step_record *r, struct task_state *s)
{
	__u64 id = bpf_get_current_pid_tgid();

	r->ts_ns = bpf_ktime_get_boot_ns();
	r->pid = id >> 32;
	r->tid = (__u32)id;
	r->seq = s && s->kind ? s->seq : 0;
	r->cpu = bpf_get_smp_processor_id();
}

inline_fn void write_step(struct step_record *r, struct task_state *s)
{
	complete_step(r, s);
	if (ring_output(steps, r, sizeof(*r)))
		count_loss(steps);
}

/*
 * A breakpoint fires in NMI context, where the ring's lock is only tried: this step would be lost
 * if another CPU were writing one just then. So a refused step waits for the next poll of an fd, or
 * for the call's end.
 */
inline_fn void write_or_keep_step(struct step_record *r, struct task_state *s)
{
	__u32 place = s->kept;

	complete_step(r, s);
	if (!ring_output(steps, r, sizeof(*r)))
		return;
	if (place < KEPT_STEPS) {
		__builtin_memcpy(&s->kept_steps[place], r, sizeof(*r));
		s->kept = place + 1;
	} else {
		count_loss(steps);
	}
}

inline_fn void write_kept_step(struct task_state *s, __u32 place)
{
	if (place < s->kept && ring_output(steps, &s->kept_steps[place], sizeof(struct step_record)))
		count_loss(steps);
}

/* Written out, not a loop: the verifier must see each index as a constant. */
inline_fn void write_kept_steps(struct task_state *s)
{
	write_kept_step(s, 0);
	write_kept_step(s, 1);
	write_kept_step(s, 2);
	write_kept_step(s, 3);
	write_kept_step(s, 4);
	write_kept_step(s, 5);
	write_kept_step(s, 6);
	write_kept_step(s, 7);
	s->kept = 0;
}
_Static_assert(KEPT_STEPS == 8, "write_kept_steps() writes each of them");

inline_fn void task_step(struct task_state *s, __u8 kind, __u8 hook, __u64 entry, __u64 object,
			 __s32 fd, __s32 value)
{
	struct step_record r = {};

	r.entry = entry;
	r.object = object;
	r.owner_pid = s->pid;
	r.owner_tid = s->tid;
	r.fd = fd;
	r.value = value;
	r.kind = kind;
	r.hook = hook;
	write_step(&r, s);
}

/* A step of the current call on one of its own entries or files. */
inline_fn void own_step(struct task_state *s, __u8 kind, __u8 hook, __u64 entry, __u64 object,
			__s32 fd, __s32 value)
{
	if (s->steps)
		task_step(s, kind, hook, entry, object, fd, value);
}

/*
 * For users' probes (docs/probes.md): a step at either detail, since the user asked for the probe.
 */
inline_fn void user_step(struct task_state *s, __u8 hook, __u64 object, __s32 fd, __s32 value)
{
	if (s)
		task_step(s, STEP_USER, hook, 0, object, fd, value);
}

#endif
