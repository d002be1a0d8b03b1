/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A call that a signal interrupts leaves the kernel with an errno of the kernel's own (from 512 on,
 * include/linux/errno.h), which no program ever sees: the call is restarted at once, or after the
 * handler, or ends with EINTR (6.1: arch/…/kernel/signal.c handle_signal(),
 * arch_do_signal_or_restart()). Until that is known the call is held back. However many attempts it
 * takes, it is one call; a handler's own calls are calls of their own.
 */

#define ERESTARTSYS 512
#define ERESTARTNOINTR 513
#define ERESTARTNOHAND 514
#define ERESTART_RESTARTBLOCK 516
#define EINTR 4
#define SA_RESTART 0x10000000

inline_fn int is_interrupted(__s64 ret)
{
	return ret == -ERESTARTSYS || ret == -ERESTARTNOINTR || ret == -ERESTARTNOHAND ||
	       ret == -ERESTART_RESTARTBLOCK;
}

/* Writes the held call; exit_ns 0 says that it never returned. */
inline_fn void write_held(struct task_state *s, __u64 exit_ns, __s64 ret)
{
	s->held.exit_ns = exit_ns;
	s->held.ret = ret;
	give_call(s, &s->held, s->held_kind);
	s->held_kind = NO_CALL;
}

struct place {
	__u64 ip;
	__u64 sp;
};

inline_fn struct place place_of(__u64 address)
{
	struct pt_regs *regs = (struct pt_regs *)address;
	struct place here = {};

	bpf_probe_read_kernel(&here.ip, sizeof(here.ip), &PT_REGS_IP(regs));
	bpf_probe_read_kernel(&here.sp, sizeof(here.sp), &PT_REGS_SP(regs));
	return here;
}

inline_fn void hold_call(struct task_state *s, __s64 ret, __u64 regs)
{
	struct place here = place_of(regs);
	__u32 kind = s->kind;

	if (s->held_kind) /* a handler never came back to it */
		write_held(s, 0, 0);
	leave_call(s, 1, ret);
	s->held_ip = here.ip;
	s->held_sp = here.sp;
	s->held = s->call;
	s->held_kind = kind;
}

/*
 * Whether the system call `id` is the held one, restarted. The time in between is not the call's.
 */
inline_fn int resume_held(struct task_state *s, long id, __u64 regs)
{
	struct place here;

	if (id != NR_RESTART_SYSCALL) {
		if (id != s->held.syscall)
			return 0;
		here = place_of(regs);
		if (here.ip != s->held_ip || here.sp != s->held_sp)
			return 0;
	}
	s->call = s->held;
	s->call.off_cpu_ns += bpf_ktime_get_boot_ns() - s->call.exit_ns;
	if (s->call.restarts != 0xff)
		s->call.restarts++;
	begin_attempt(s, s->held_kind);
	s->held_kind = NO_CALL;
	return 1;
}

/* TP_PROTO(int sig, struct kernel_siginfo *info, struct k_sigaction *ka) */
PROGRAM_RAW_TP(signal_deliver)
{
	struct task_state *s = traced();
	struct {
		__u64 handler;
		__u64 flags;
	} action = {}; /* how k_sigaction begins in every kernel, on every architecture */

	if (!s)
		return 0;
	s->hits[HOOK_signal_deliver]++;
	if (!s->held_kind || s->held.ret == -ERESTARTNOINTR)
		return 0;
	bpf_probe_read_kernel(&action, sizeof(action), (void *)ctx->args[2]);
	if (action.handler <= 1) /* SIG_DFL, SIG_IGN: no handler is called */
		return 0;
	if (s->held.ret == -ERESTARTSYS && action.flags & SA_RESTART)
		s->held.ret = -ERESTARTNOINTR; /* the first handler decides: restart */
	else
		write_held(s, s->held.exit_ns, -EINTR);
	return 0;
}
