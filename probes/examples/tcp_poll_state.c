/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * In which state are the TCP sockets that select, poll and epoll poll?
 * Each step: object is the struct sock, value its state (include/net/tcp_states.h: 1 is
 * TCP_ESTABLISHED, 8 TCP_CLOSE_WAIT, 10 TCP_LISTEN).
 *
 * The beginnings of struct sock and struct socket are written out. #include <net/sock.h> would do
 * as well, but takes BCC twice as long.
 */
struct sock_begin { /* include/net/sock.h, struct sock_common */
	__u64 addresses;
	__u32 hash;
	__u32 ports;
	__u16 family;
	__u8 state;
};
struct socket_begin { /* include/linux/net.h */
	__u32 state;
	__s16 type;
	unsigned long flags;
	void *file;
	struct sock_begin *sk;
};

int kprobe__tcp_poll(struct pt_regs *ctx, void *file, struct socket_begin *socket)
{
	struct task_state *s = in_call(HOOK);
	struct sock_begin *sk = socket->sk;

	user_step(s, HOOK, (__u64)sk, -1, sk->state);
	return 0;
}
