// SPDX-License-Identifier: GPL-2.0-only
/*
 * One wakeup each of reads that sleep, and of a request of io_uring, and a write whose buffer is
 * not in memory: wakers FILE. FILE is mapped, and written to a socket from there.
 *   1  read of a signalfd: 1 entry, 1 callback by default_wake_function()
 *   2  read of an eventfd: 1 callback by default_wake_function(), or autoremove_wake_function()
 *   3  io_uring: a RECV of an empty socket: 1 entry, 1 callback
 *   4  write of FILE: no entry of its own, whatever the page fault in it waits for
 * Prints tids and fds: waiter, waker, signalfd, eventfd, ring, socket written to.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/io_uring.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FILE_BYTES 65536

#include "asleep.h"

static int event, pair[2];
static pid_t waker_tid;

static void *wake(void *nothing)
{
	waker_tid = gettid();
	until_asleep();
	syscall(SYS_tgkill, getpid(), waiter, SIGUSR2);
	usleep(20000);
	until_asleep();
	if (eventfd_write(event, 1))
		exit(1);
	usleep(20000);
	until_asleep();
	if (write(pair[1], "x", 1) != 1)
		exit(1);
	return nothing;
}

static int receive_by_uring(int fd)
{
	struct io_uring_params params = { 0 };
	int ring = syscall(SYS_io_uring_setup, 1, &params);
	struct io_uring_sqe *request;
	static char buffer[8];
	char *submission;

	if (ring < 0)
		exit(1);
	submission = mmap(0, params.sq_off.array + sizeof(__u32), PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_POPULATE, ring, IORING_OFF_SQ_RING);
	request = mmap(0, sizeof(*request), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
		       ring, IORING_OFF_SQES);
	if (submission == MAP_FAILED || request == MAP_FAILED)
		exit(1);
	memset(request, 0, sizeof(*request));
	request->opcode = IORING_OP_RECV;
	request->fd = fd;
	request->addr = (unsigned long)buffer;
	request->len = sizeof(buffer);
	*(__u32 *)(submission + params.sq_off.array) = 0;
	__atomic_store_n((__u32 *)(submission + params.sq_off.tail), 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, ring, 1, 0, 0, 0, 0) != 1 ||
	    syscall(SYS_io_uring_enter, ring, 0, 1, IORING_ENTER_GETEVENTS, 0, 0) < 0)
		exit(1);
	return ring;
}

/* The reply with a page may come before the fault sleeps: then the file is written once more. */
static void write_file(const char *path, int to, int from)
{
	int file = open(path, O_RDONLY), tries;
	static char read_back[FILE_BYTES];
	struct rusage before, after;
	char *mapped;

	if (file < 0)
		exit(1);
	for (tries = 0; tries < 1000; tries++) {
		posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
		mapped = mmap(0, FILE_BYTES, PROT_READ, MAP_SHARED, file, 0);
		/* a fault each page */
		if (mapped == MAP_FAILED || madvise(mapped, FILE_BYTES, MADV_RANDOM))
			exit(1);
		getrusage(RUSAGE_THREAD, &before);
		if (write(to, mapped, FILE_BYTES) != FILE_BYTES)
			exit(1);
		getrusage(RUSAGE_THREAD, &after);
		if (after.ru_nvcsw > before.ru_nvcsw)
			return;
		munmap(mapped, FILE_BYTES);
		if (recv(from, read_back, FILE_BYTES, MSG_WAITALL) != FILE_BYTES)
			exit(1);
	}
	exit(1);
}

int main(int argc, char **argv)
{
	struct signalfd_siginfo info;
	int size = 1 << 20, to[2], signals, ring;
	pthread_t thread;
	eventfd_t value;
	sigset_t set;

	if (argc < 2)
		return 1;
	waiter = gettid();
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, 0);
	signals = signalfd(-1, &set, 0);
	event = eventfd(0, 0);
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) || socketpair(AF_UNIX, SOCK_STREAM, 0, to))
		return 1;
	setsockopt(to[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	if (pthread_create(&thread, 0, wake, 0))
		return 1;
	if (read(signals, &info, sizeof(info)) != sizeof(info) || eventfd_read(event, &value))
		return 1;
	ring = receive_by_uring(pair[0]);
	pthread_join(thread, 0);
	write_file(argv[1], to[0], to[1]);
	printf("%d %d %d %d %d %d\n", waiter, waker_tid, signals, event, ring, to[0]);
	return 0;
}
