/* SPDX-License-Identifier: GPL-2.0-only */
/* The maps, and the questions every hook asks: is this task traced, and in which call? */
#ifndef TRACER_STATE_H
#define TRACER_STATE_H

#define TASK_SLOTS 8192
#define TIDS_PER_PAGE 4096
#define TID_PAGES 1024 /* for PID_MAX_LIMIT, 4 Mi; the loader makes it smaller by pid_max */
#define MAX_HOOKS 104
#define KEPT_STEPS 8

/* What kind of traced call a task is in; families of tracer/shared/syscalls.py. */
enum call_kind {
	NO_CALL = 0,
	CALL_SELECT,
	CALL_POLL,
	CALL_EPOLL_CREATE,
	CALL_EPOLL_CTL,
	CALL_EPOLL_WAIT,
	CALL_READ,
	CALL_WRITE,
	CALL_ACCEPT,
	CALL_CONNECT,
	CALL_SPLICE,
	CALL_FCNTL, /* from here on no call queues an entry on its own stack that is counted */
	CALL_RT_SIGTIMEDWAIT,
	CALL_IO_SUBMIT,
	CALL_IO_GETEVENTS,
	CALL_IO_URING_SETUP,
	CALL_IO_URING_ENTER,
	CALL_CLOSE,
};

/*
 * One traced task. Written by the task itself, but for call.notified and call.wakeups, which
 * wakers add to atomically, for woken, and for the end of off_since_ns, before the task runs
 * again.
 */
struct task_state {
	__u32 tid; /* 0: the slot is free, or not in use yet */
	__u32 pid;
	__u32 steps; /* 1: write a step for everything seen */
	__u32 seq;
	__u32 kind;
	__s32 looked_up_fd;  /* select, poll: the fd whose file is polled next */
	__u32 entry_pending; /* a *_queue_proc ran whose entry outlives the call; its add_wait_queue follows */
	__u32 kept;          /* steps in kept_steps */
	__u64 first_file; /* file the call polled first */
	__u64 poll_table; /* poll_wqueues of the call, a key of `waiters` */
	__u64 waiting;    /* the entry that the call queued for itself */
	__u64 off_since_ns;
	__u32 asleep; /* it left the CPU of its own accord, and a wakeup is due */
	__u32 woken;  /* a wakeup was seen; set by the waker */
	__u32 faulting; /* inside filemap_fault(): what it queues and waits for is not the call's */
	__u32 skipped;  /* entries left out since the fault began */
	__u32 expected; /* select: fds in its sets, 0: not counted */
	__u32 held_kind; /* kind of the call in `held`, NO_CALL: none */
	__u64 user_fds;   /* poll: its array, in user memory */
	__u64 woken_through; /* entry whose wake function is about to call default_wake_function() */
	__u64 held_ip;  /* where `held` was made from; that and the stack's place know it again */
	__u64 held_sp;
	struct call_record held; /* interrupted by a signal: made anew, or ended with -EINTR */
	struct call_record call;
	__u32 hits[MAX_HOOKS];
	struct step_record kept_steps[KEPT_STEPS];
	__u64 joined_ns;
	__u32 follow;    /* 1: what it forks joins too */
	__u32 under_way; /* 1: it may be in a call whose beginning was not seen */
};

/* Who joins without being forked by a traced task. */
enum joiners {
	JOINERS_NONE = 0,
	JOINERS_ALL,    /* whoever makes a system call */
	JOINERS_CGROUP, /* who is below the cgroup in `cgroups` */
	JOINERS_COMM,   /* who has the name */
};

struct watching {
	__u32 who; /* enum joiners */
	__u32 own_pid; /* the recorder's: it never joins */
	__u32 flags; /* of a task that joins */
	__u32 pad;
	char comm[16];
};

/* A task that should have joined and found no room. */
struct lost_task {
	__u32 pid;
	__u32 pad;
	char comm[16]; /* empty if nobody could tell */
};

/*
 * Who made an entry that outlives its call: the task, and the fd of an epoll_ctl. Of AIO and
 * io_uring the call does not tell the fd.
 */
struct entry_owner {
	__u32 pid;
	__u32 tid;
	__s32 fd;
	__u32 steps;
};

/* Evidence that could not be kept. */
struct losses {
	__u64 calls;   /* ring full */
	__u64 steps;   /* ring full */
	__u64 tasks;   /* all slots taken by live tasks */
	__u64 entries; /* map full */
	__u64 waiters; /* map full */
	__u64 lives;   /* ring full */
	__u64 compat_calls; /* 32-bit system calls, whose numbers mean others: left out */
};

struct totals {
	struct losses losses;
	__u64 joined; /* tasks */
	__u64 hits[MAX_HOOKS];      /* of tasks that have ended */
	__u64 elsewhere[MAX_HOOKS]; /* in the context of untraced tasks */
};

/* By tid, the task's slot in `tasks`; 0: it is not traced. */
struct tid_page {
	__u16 slot[TIDS_PER_PAGE];
};

/*
 * Every hook asks for the state of a tid, traced or not: two lookups in arrays, which are a few
 * inlined instructions, serve an NMI too and have no collisions. Who joins and leaves goes by
 * `owners`, whose insertion is atomic, and `free_slots`.
 */
MAP_ARRAY(tids, struct tid_page, TID_PAGES)
MAP_ARRAY(tasks, struct task_state, TASK_SLOTS + 1) /* slot 0 is nobody's */
MAP_HASH(owners, __u32, __u32, TASK_SLOTS)
MAP_QUEUE(free_slots, __u32, TASK_SLOTS)
MAP_HASH(lost_tasks, __u32, struct lost_task, TASK_SLOTS)
MAP_HASH(marked, __u32, __u32, 1024) /* by pid, the flags of tasks that join when a task of it forks them */
MAP_ARRAY(watching, struct watching, 1)
MAP_CGROUPS(cgroups, 1)
MAP_HASH(entries, __u64, struct entry_owner, 65536)
MAP_HASH(waiters, __u64, __u32, 8192)
MAP_ARRAY(totals, struct totals, 1)
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

/* The state of the task `tid`, if it is traced. A waker may ask while the slot changes hands. */
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
 * A breakpoint fires in the context of an NMI, where the ring's lock is only tried: another CPU
 * that writes a step just then would cost this one. So what was refused waits for the next look
 * at an fd, or for the call's end.
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

/* Written out, not a loop: the verifier must see each place as a constant. */
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

/* A step of the current call on an entry or file of its own. */
inline_fn void own_step(struct task_state *s, __u8 kind, __u8 hook, __u64 entry, __u64 object,
			__s32 fd, __s32 value)
{
	struct step_record r = {};

	if (!s->steps)
		return;
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

/* For users' probes (docs/probes.md): a step at either detail, for whoever asked for the probe. */
inline_fn void user_step(struct task_state *s, __u8 hook, __u64 object, __s32 fd, __s32 value)
{
	struct step_record r = {};

	if (!s)
		return;
	r.object = object;
	r.owner_pid = s->pid;
	r.owner_tid = s->tid;
	r.fd = fd;
	r.value = value;
	r.kind = STEP_USER;
	r.hook = hook;
	write_step(&r, s);
}

#endif
