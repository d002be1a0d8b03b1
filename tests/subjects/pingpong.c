// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two threads, on one processor each, that wake each other and sleep: pingpong ROUNDS. Prints for
 * each thread its tid and the kernel's count of its voluntary switches meanwhile (getrusage).
 */
#define _GNU_SOURCE
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

static int there[2], back[2];
static long rounds;

static long voluntary(void)
{
	struct rusage usage;

	getrusage(RUSAGE_THREAD, &usage);
	return usage.ru_nvcsw;
}

static void stay_on(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set); /* with a single CPU, both stay there */
}

static void *answer(void *nothing)
{
	char byte;
	long before;

	stay_on(1);
	before = voluntary();
	for (long i = 0; i < rounds; i++)
		if (read(there[0], &byte, 1) != 1 || write(back[1], &byte, 1) != 1)
			abort();
	printf("%d %ld\n", gettid(), voluntary() - before);
	return nothing;
}

int main(int argc, char **argv)
{
	struct pollfd watched = { .events = POLLIN };
	pthread_t other;
	char byte = 'x';
	long before;

	rounds = argc > 1 ? atol(argv[1]) : 1;
	if (pipe(there) || pipe(back) || pthread_create(&other, 0, answer, 0))
		return 1;
	watched.fd = back[0];
	stay_on(0);
	before = voluntary();
	for (long i = 0; i < rounds; i++)
		if (write(there[1], &byte, 1) != 1 || poll(&watched, 1, -1) != 1 ||
		    read(back[0], &byte, 1) != 1)
			return 1;
	before = voluntary() - before;
	pthread_join(other, 0);
	printf("%d %ld\n", gettid(), before);
	return 0;
}
