/* SPDX-License-Identifier: GPL-2.0-only */
/* Scheduling: a traced task inside a call leaves the CPU, is woken, takes a CPU again. */

/*
 * A kernel may run no program at all while a task that it protects is current: what happens in that
 * task's context (a switch from it to a traced task, or a wakeup) is neither seen nor counted as
 * missed. So each sleep is checked for its wakeup, and each switch out for its switch in.
 */
inline_fn void ask_for_wakeup(struct task_state *s)
{
	if (s->asleep && !s->woken)
		s->call.unseen |= UNSEEN_WAKEUP;
	s->asleep = 0;
	s->woken = 0;
}

inline_fn void ask_for_switch_in(struct task_state *s)
{
	if (!s->off_since_ns)
		return;
	s->call.unseen |= UNSEEN_SWITCH_IN;
	s->off_since_ns = 0;
	ask_for_wakeup(s);
}

inline_fn void leaves_cpu(struct task_state *s, __u32 preempted)
{
	ask_for_switch_in(s);
	s->asleep = !preempted;
	if (preempted)
		s->call.preemptions++;
	else
		s->call.sleeps++;
	s->off_since_ns = bpf_ktime_get_boot_ns();
	own_step(s, STEP_SWITCH_OUT, HOOK_sched_switch, 0, 0, -1, preempted);
	if (!preempted)
		tell_own_lists(s, HOOK_sched_switch);
}

/* Runs while the previous task is still current: the step names the task itself. */
inline_fn void takes_cpu(struct task_state *s)
{
	struct step_record r = {};
	__u64 now;

	if (!s->off_since_ns) {
		s->call.unseen |= UNSEEN_SWITCH_OUT;
		return;
	}
	ask_for_wakeup(s);
	now = bpf_ktime_get_boot_ns();
	s->call.off_cpu_ns += now - s->off_since_ns;
	s->off_since_ns = 0;
	if (!s->steps)
		return;
	r.ts_ns = now;
	r.pid = r.owner_pid = s->pid;
	r.tid = r.owner_tid = s->tid;
	r.seq = s->seq;
	r.fd = -1;
	r.kind = STEP_SWITCH_IN;
	r.hook = HOOK_sched_switch;
	r.cpu = bpf_get_smp_processor_id();
	if (ring_output(steps, &r, sizeof(r)))
		count_loss(steps);
}

/*
 * TP_PROTO(bool preempt, struct task_struct *prev, struct task_struct *next, ...)
 *
 * A task that calls schedule() and is running does not sleep: it was woken before it left, or asked
 * to leave a second time. The kernel, too, counts such a switch as involuntary (kernel/sched/core.c
 * __schedule(), 5.10 to 7.3).
 */
PROGRAM_RAW_TP(sched_switch)
{
	struct task_state *prev = in_call(HOOK_sched_switch);
	struct task_state *next = calling(task_tid((void *)ctx->args[2]));

	if (prev)
		leaves_cpu(prev, ((__u32)ctx->args[0] & 1) || is_running((void *)ctx->args[1]));
	if (next)
		takes_cpu(next);
	return 0;
}

/* TP_PROTO(struct task_struct *p) */
PROGRAM_RAW_TP(sched_waking)
{
	struct task_state *owner = calling(task_tid((void *)ctx->args[0]));
	struct step_record r = {};

	if (!owner)
		return 0;
	__sync_fetch_and_add(&owner->hits[HOOK_sched_waking], 1);
	__sync_fetch_and_add(&owner->call.wakeups, 1);
	owner->woken = 1;
	if (!owner->steps)
		return 0;
	r.owner_pid = owner->pid;
	r.owner_tid = owner->tid;
	r.fd = -1;
	r.kind = STEP_WAKEUP;
	r.hook = HOOK_sched_waking;
	write_step(&r, traced());
	return 0;
}
