/* SPDX-License-Identifier: GPL-2.0-only */
/* Which tasks are traced: the recorder claims the first slot, forks and threads follow. */

inline_fn void claim_slot(__u32 tid, __u32 pid, __u32 steps)
{
	struct task_state *s = slot_of(tid);

	if (!s)
		return;
	if (s->tid) {
		count_loss(tasks);
		return;
	}
	s->pid = pid;
	s->steps = steps;
	s->seq = 0;
	s->kind = NO_CALL;
	s->tid = tid;
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

PROGRAM_RAW_TP(sched_process_fork)
{
	struct task_state *s = traced();
	void *child = (void *)ctx->args[1];

	if (!s)
		return 0;
	s->hits[HOOK_sched_process_fork]++;
	claim_slot(task_tid(child), task_pid(child), s->steps);
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
	keep_hits(s);
	s->tid = 0;
	return 0;
}
