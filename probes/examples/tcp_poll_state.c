/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * In which state are the TCP sockets that select, poll and epoll look at?
 * Each step: object is the struct sock, value its state (include/net/tcp_states.h: 1 is
 * TCP_ESTABLISHED, 8 TCP_CLOSE_WAIT, 10 TCP_LISTEN).
 */
#include <net/sock.h>

int kprobe__tcp_poll(struct pt_regs *ctx, struct file *file, struct socket *socket)
{
	struct task_state *s = in_call(HOOK);
	struct sock *sk = socket->sk;

	user_step(s, HOOK, (__u64)sk, -1, sk->__sk_common.skc_state);
	return 0;
}
