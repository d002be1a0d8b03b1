/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the probes put into the rings. Fixed widths, no implicit padding, sizes asserted.
 * tracer/shared/records.py describes the same bytes to Python; tests/test_records.py compares the
 * two through the BTF of the built object.
 *
 * A record and the ring's 8-byte header fill a whole cell (128 and 64 bytes), so that a ring
 * is an array and the reader takes ranges of it.
 */
#ifndef TRACER_RECORD_H
#define TRACER_RECORD_H

/* One traced system call, written when it returns. Times are boot clock ns. */
struct call_record {
	__u64 enter_ns;
	__u64 exit_ns;     /* 0: the task ended, or the recording stopped, inside the call */
	__u64 off_cpu_ns;  /* part of exit - enter that the task was not running */
	__s64 ret;         /* result or -errno */
	__s64 timeout_ns;  /* TIMEOUT_* or the timeout asked for */
	__u32 pid;
	__u32 tid;
	__u32 seq;         /* number of this call in its task, from 1; steps carry it */
	__s32 fd;          /* read, write, fcntl: the fd; epoll_*: the epoll fd; io_uring_enter: the ring's fd; else -1 */
	__s32 target;      /* epoll_ctl: the fd added, changed or removed; else -1 */
	/*
	 * select: n; poll: nfds; epoll_wait: maxevents; read, write: bytes; io_submit: iocbs;
	 * io_getevents: most events wanted; io_uring_setup: entries; io_uring_enter: requests
	 * submitted; else 0
	 */
	__u32 nr;
	__u16 syscall;     /* number of the system call on x86-64 */
	__u16 cpu;         /* where it returned */
	__u16 op;          /* epoll_ctl: EPOLL_CTL_*; fcntl: F_*; io_uring_enter: completions waited for */
	__u8 unseen;       /* enum unseen, or-ed: what of this call no hook saw, so that numbers are missing */
	__u8 restarts;     /* times the kernel began it anew after a signal or a stop */
	__u32 fd_polls;    /* f_op->poll calls */
	__u32 passes;      /* times the first file polled was polled */
	__u32 insertions;  /* entries this call queued on device wait queues */
	__u32 removals;    /* entries this call took off them */
	__u32 callbacks;   /* wait-queue callbacks that ran on this task's time (waker's side) */
	__u32 notified;    /* callbacks that ran on this call's own entries (waiter's side) */
	__u32 sleeps;      /* voluntary switches off the CPU */
	__u32 sleep_calls; /* schedule_hrtimeout_range() calls */
	__u32 preemptions; /* involuntary switches off the CPU */
	__u32 wakeups;     /* sched_waking events for this task */
	__u32 bytes_in;    /* copied from user space, as far as the copy hooks see */
	__u32 bytes_out;   /* copied to user space, likewise */
};
_Static_assert(sizeof(struct call_record) == 120, "a call and its ring header fill 128 bytes");

/* One thing the kernel did. */
struct step_record {
	__u64 ts_ns;
	__u64 entry;     /* wait-queue entry, or 0 */
	__u64 object;    /* wait-queue head (insertion, removal), struct file (fd_poll), or 0 */
	__u32 pid;       /* who was running: in a callback that is the waker */
	__u32 tid;
	__u32 owner_pid; /* whose entry or sleep it is; 0: not known */
	__u32 owner_tid;
	__u32 seq;       /* the running task's call, 0: outside of any traced call */
	__s32 fd;        /* the fd it is about where that is known, else -1 */
	__s32 value;     /* by kind, see enum step_kind */
	__u8 kind;
	__u8 hook;       /* id of the row in hooks.toml */
	__u16 cpu;
};
_Static_assert(sizeof(struct step_record) == 56, "a step and its ring header fill 64 bytes");

enum step_kind {
	STEP_PHASE = 1,  /* value: number of the phase that begins, 0: none */
	STEP_FD_POLL,    /* value: the poll mask returned, -1: not seen (kprobe) */
	STEP_INSERTION,  /* value: 1 exclusive, 0 not */
	STEP_REMOVAL,    /* value: enum removal */
	STEP_CALLBACK,   /* value: the key, that is the poll mask of the wakeup; 0: all */
	STEP_SLEEP,      /* schedule_hrtimeout_range() returned; value: 0 expired, -EINTR woken */
	STEP_SWITCH_OUT, /* value: 1 preempted, 0 voluntary */
	STEP_SWITCH_IN,
	STEP_WAKEUP,     /* owner: the task made runnable */
	STEP_COPY_IN,    /* value: bytes */
	STEP_COPY_OUT,   /* value: bytes */
	STEP_FUNCTION,   /* a function of the call's path was entered; value: see the hook */
	STEP_USER,       /* a user's probe ran (docs/probes.md); object, fd and value are its own */
};

enum removal {
	REMOVED_BY_OWNER = 0,
	REMOVED_BY_CALLBACK = 1, /* POLLFREE: the file went away; AIO, io_uring: its event came */
	REMOVED_UNSEEN = 2,      /* entry on the call's stack, removed inline before it returned */
};

/* What a program would have counted, had it run: the kernel skipped it, or has no hook there. */
enum unseen {
	UNSEEN_SWITCH_IN = 1,  /* off_cpu_ns: the task left the CPU, and nobody saw it come back */
	UNSEEN_SWITCH_OUT = 2, /* off_cpu_ns, sleeps, preemptions: it came back from nowhere */
	UNSEEN_WAKEUP = 4,     /* wakeups: it slept and came back, and nobody saw it woken */
	UNSEEN_FD_POLL = 8,    /* fd_polls, passes: it polled a file whose poll has no hook */
	UNSEEN_PASSES = 16,    /* passes: what it polled changed, and does not tell them apart */
	UNSEEN_ENTRIES = 32,   /* insertions, removals, notified: entries of a page fault among its own */
	UNSEEN_BEGINNING = 128, /* all: the task joined inside this call, and enter_ns is when it did */
};

/* What became of a traced task. */
struct task_record {
	__u64 ts_ns;
	__u64 cgroup;     /* id (inode) of its cgroup of version 2, 0: not known */
	__u32 tid;
	__u32 pid;
	__u32 parent_tid; /* FORKED: who did it; EXECED: the tid it had before; else 0 */
	__u32 own_tid;    /* its number in its own pid namespace, 0: not known */
	__u32 own_ns;     /* inode of that namespace, 0: not known */
	char comm[16];    /* its name from now on; ends with a zero unless it is cut off */
	__u32 kind;       /* enum life */
};
_Static_assert(sizeof(struct task_record) == 56, "a task and its ring header fill 64 bytes");

enum life {
	LIFE_JOINED = 1, /* traced from now on: by the recorder, or at a system call */
	LIFE_FORKED,     /* forked by a traced task */
	LIFE_EXECED,     /* runs another program */
	LIFE_RENAMED,
	LIFE_ENDED,
	LIFE_LOST,       /* should have joined, and all slots were taken */
};

#define TIMEOUT_INFINITE (-1)
#define TIMEOUT_NONE (-2)    /* this system call has no timeout */
#define TIMEOUT_UNREAD (-3)  /* the timeout could not be read from user memory */
#define TIMEOUT_INVALID (-4) /* it is none that the kernel takes: negative, or too much of a second */
#define TIMEOUT_MOST 0x7fffffffffffffffLL /* that, or more: the kernel sleeps until 2262 at most */

#endif
