/* SPDX-License-Identifier: GPL-2.0-only */
/* System calls: a call begins at sys_enter and is written to the ring at sys_exit. */

/* The harmless lseek() by which a workload begins phase `value`; see tracer/shared/records.py. */
inline_fn void phase_mark(struct task_state *s, struct argument_registers *regs)
{
	struct step_record r = {};

	if ((__s32)SYSCALL_ARG_1(regs) != -1 || SYSCALL_ARG_2(regs) >> 16 != PHASE_MAGIC)
		return;
	r.fd = -1;
	r.value = SYSCALL_ARG_2(regs) & 0xffff;
	r.kind = STEP_PHASE;
	r.hook = HOOK_sys_enter;
	write_step(&r, s);
}

/* Only the registers with arguments: every call pays for this. */
inline_fn long read_argument_registers(struct argument_registers *regs, __u64 registers)
{
	return bpf_probe_read_kernel(regs, sizeof(*regs), (void *)(registers + ARGUMENT_REGISTERS));
}

/*
 * The task joined while it was in this call. Its registers still have the arguments; what
 * happened inside was not counted, and it begins when the task joined.
 */
inline_fn void end_call_under_way(struct task_state *s, __u64 registers, __s64 ret)
{
	struct argument_registers regs;
	__u64 first = 0;
	__s32 id = -1;
	__u32 kind;

	if (read_argument_registers(&regs, registers))
		return;
	bpf_probe_read_kernel(&first, sizeof(first), (void *)(registers + FIRST_ARGUMENT));
	bpf_probe_read_kernel(&id, sizeof(id), (void *)(registers + SYSCALL_NUMBER));
	kind = kind_of(id);
	if (!kind)
		return;
	SYSCALL_ARG_1(&regs) = first; /* its register may already hold the result */
	begin_call(s, kind, id, &regs);
	s->call.enter_ns = s->joined_ns;
	s->call.unseen = UNSEEN_BEGINNING;
	if (s->call.timeout_ns >= 0 && kind != CALL_EPOLL_WAIT)
		s->call.timeout_ns = TIMEOUT_UNREAD; /* the kernel may have changed it */
	end_call(s, 1, ret);
}

inline_fn void return_from_call(struct task_state *s, __u64 registers, __s64 ret)
{
	check_polls(s, ret);
	if (is_interrupted(ret))
		hold_call(s, ret, registers);
	else
		end_call(s, 1, ret);
}

PROGRAM_RAW_TP(sys_enter)
{
	struct task_state *s = traced();
	long id = ctx->args[1];
	struct argument_registers regs;
	__u32 kind;

	if (!s)
		s = join_lazily(0);
	if (!s)
		return 0;
	s->hits[HOOK_sys_enter]++;
	s->kind = NO_CALL;
	s->under_way = 0;
	if (is_compat_call()) {
		count_loss(compat_calls);
		return 0;
	}
	if (s->held_kind && resume_held(s, id, ctx->args[0]))
		return 0;
	kind = kind_of(id);
	if (!kind && id != NR_LSEEK)
		return 0;
	if (read_argument_registers(&regs, ctx->args[0]))
		return 0;
	if (kind)
		begin_call(s, kind, id, &regs);
	else
		phase_mark(s, &regs);
	if (kind == CALL_SELECT) /* last: the verifier follows whatever comes after it 16 times */
		count_fds_of_select(s, &regs);
	return 0;
}

PROGRAM_RAW_TP(sys_exit)
{
	struct task_state *s = traced();

	if (!s)
		s = join_lazily(JOIN_UNDER_WAY);
	if (!s)
		return 0;
	s->hits[HOOK_sys_exit]++;
	if (s->kind)
		return_from_call(s, ctx->args[0], (__s64)ctx->args[1]);
	else if (s->under_way && !is_compat_call())
		end_call_under_way(s, ctx->args[0], (__s64)ctx->args[1]);
	s->under_way = 0;
	return 0;
}
