/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From a write to the callback: a socket that got data wakes its wait queue. Each step belongs to
 * the writer's call: object is the struct sock, value its family (1 is AF_UNIX, 2 AF_INET). The
 * callbacks that it ran are the CALLBACK steps after it in the call.
 */
struct sock_told { /* how struct sock_common begins, include/net/sock.h */
	__u64 addresses;
	__u32 hash;
	__u32 ports;
	__u16 family;
};

int kprobe__sock_def_readable(struct pt_regs *ctx, struct sock_told *sk)
{
	struct task_state *s = in_call(HOOK);

	user_step(s, HOOK, (__u64)sk, -1, sk->family);
	return 0;
}
