// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls that signals interrupt, with exact truth: which end with EINTR, which are restarted.
 *   1  poll, 1 s, a handler without SA_RESTART: EINTR
 *   2  poll, 1 s, a handler with SA_RESTART: EINTR, since poll is never restarted after a handler
 *   3  read of a pipe, SA_RESTART, whose handler writes to another pipe: restarted, then 1 byte
 *   4  read of a pipe, no SA_RESTART: EINTR
 *   5  poll, 1 s, stopped and continued: restarted (restart_syscall), then 0
 *   6  select, 1 s, stopped and continued: restarted, then 0
 *   7  read of a pipe, stopped and continued: restarted, then 1 byte
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/wait.h>
#include <unistd.h>

static int data[2], self_pipe[2];
static pid_t waiter;

static void handler(int number)
{
	if (write(self_pipe[1], &(char){ number }, 1) != 1)
		abort();
}

static void on_usr1(int flags)
{
	struct sigaction action = { .sa_handler = handler, .sa_flags = flags };

	sigaction(SIGUSR1, &action, 0);
}

static void until(char state)
{
	char path[64], line[512], *at;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", waiter);
	for (;;) {
		file = fopen(path, "r");
		if (!file || !fgets(line, sizeof(line), file))
			exit(1);
		fclose(file);
		at = strrchr(line, ')');
		if (at && at[2] == state)
			return;
		usleep(1000);
	}
}

/* A child that does `what` to the waiter once it sleeps, and sends it a byte if asked to. */
static pid_t disturb(const char *what)
{
	pid_t child = fork();

	if (child)
		return child;
	for (; *what; what++) {
		switch (*what) {
		case 'u':
			until('S');
			kill(waiter, SIGUSR1);
			usleep(50000);
			break;
		case 's':
			until('S');
			kill(waiter, SIGSTOP);
			until('T');
			usleep(50000);
			kill(waiter, SIGCONT);
			usleep(50000);
			break;
		case 'w':
			until('S');
			if (write(data[1], "x", 1) != 1)
				exit(1);
		}
	}
	_exit(0);
}

static void expect(int number, int ret, int error, int wanted, int wanted_error)
{
	if (ret != wanted || (ret < 0 && error != wanted_error)) {
		fprintf(stderr, "%d: %d, errno %d\n", number, ret, error);
		exit(1);
	}
}

static void polls(int number, int flags)
{
	struct pollfd watched = { data[0], POLLIN, 0 };
	pid_t child;
	int ret;

	on_usr1(flags);
	child = disturb("u");
	ret = poll(&watched, 1, 10000);
	expect(number, ret, errno, -1, EINTR);
	waitpid(child, 0, 0);
}

static void reads(int number, int flags, const char *what, int wanted)
{
	pid_t child;
	char byte;
	int ret;

	on_usr1(flags);
	child = disturb(what);
	ret = read(data[0], &byte, 1);
	expect(number, ret, errno, wanted, EINTR);
	waitpid(child, 0, 0);
}

int main(void)
{
	struct pollfd watched = { 0, POLLIN, 0 };
	struct timeval timeout = { 1, 0 };
	pid_t child;
	fd_set set;

	waiter = getpid();
	if (pipe(data) || pipe(self_pipe))
		return 1;
	watched.fd = data[0];
	polls(1, 0);
	polls(2, SA_RESTART);
	reads(3, SA_RESTART, "uw", 1);
	reads(4, 0, "u", -1);
	child = disturb("s");
	expect(5, poll(&watched, 1, 1000), errno, 0, 0);
	waitpid(child, 0, 0);
	FD_ZERO(&set);
	FD_SET(data[0], &set);
	child = disturb("s");
	expect(6, select(data[0] + 1, &set, 0, 0, &timeout), errno, 0, 0);
	waitpid(child, 0, 0);
	reads(7, 0, "sw", 1);
	printf("%d\n", waiter);
	return 0;
}
