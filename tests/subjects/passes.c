// SPDX-License-Identifier: GPL-2.0-only
/*
 * Polls whose files do not distinguish the passes; all wait for another thread.
 *   1  one file twice in the array, woken once:                    2 passes, 4 polls
 *   2  one file twice, a negative fd between:                      2 passes, 4 polls
 *   3  the fd's file is replaced meanwhile, two wakeups:           3 passes, 3 polls
 *   4  select on an fd and its duplicate, woken once:              2 passes, 4 polls
 */
#define _GNU_SOURCE
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/select.h>
#include <unistd.h>

#include "asleep.h"

static int first, other, watched_fd, replaces;

static void give(int fd)
{
	eventfd_write(fd, 1);
}

static void *wake(void *nothing)
{
	until_asleep();
	if (replaces) {
		dup2(other, watched_fd);
		give(first); /* the second pass: the new file, which is not ready */
		until_asleep();
		give(other);
	}
	give(first);
	return nothing;
}

static pthread_t waker(void)
{
	pthread_t thread;

	if (pthread_create(&thread, 0, wake, 0))
		exit(1);
	return thread;
}

static void polls(struct pollfd *array, int n, int wanted)
{
	pthread_t thread = waker();

	if (poll(array, n, -1) != wanted)
		exit(1);
	pthread_join(thread, 0);
}

static void empty(int fd)
{
	eventfd_t value;

	eventfd_read(fd, &value);
}

int main(void)
{
	int copy;
	pthread_t thread;
	fd_set set;

	waiter = gettid();
	first = eventfd(0, EFD_NONBLOCK);
	other = eventfd(0, EFD_NONBLOCK);
	polls((struct pollfd[]){ { first, POLLIN, 0 }, { first, POLLIN, 0 } }, 2, 2);
	empty(first);
	polls((struct pollfd[]){ { first, POLLIN, 0 }, { -1, POLLIN, 0 }, { first, POLLIN, 0 } }, 3, 2);
	empty(first);
	watched_fd = dup(first);
	replaces = 1;
	polls(&(struct pollfd){ watched_fd, POLLIN, 0 }, 1, 1);
	replaces = 0;
	empty(first);
	copy = dup(first);
	FD_ZERO(&set);
	FD_SET(first, &set);
	FD_SET(copy, &set);
	thread = waker();
	if (select(copy + 1, &set, 0, 0, 0) != 2)
		return 1;
	pthread_join(thread, 0);
	printf("%d\n", waiter);
	return 0;
}
