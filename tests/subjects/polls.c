// SPDX-License-Identifier: GPL-2.0-only
/*
 * Polls one file of each kind by poll, select and epoll, not ready and ready. For each kind, in
 * this order:
 *   poll, timeout 0; select, timeout 0; epoll_ctl ADD; epoll_wait, timeout 0.
 * Prints "KIND ready-or-not results", results as the calls returned them.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/select.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

static int must(int fd)
{
	if (fd < 0) {
		perror("polls");
		exit(1);
	}
	return fd;
}

static int make_timerfd(int ready)
{
	struct itimerspec when = { .it_value = { .tv_nsec = 1 } };
	int fd = must(timerfd_create(CLOCK_MONOTONIC, 0));

	if (ready) {
		must(timerfd_settime(fd, 0, &when, 0));
		usleep(20000);
	}
	return fd;
}

static int make_signalfd(int ready)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, 0);
	if (ready)
		kill(getpid(), SIGUSR2);
	return must(signalfd(-1, &set, 0));
}

static int make_inotify(int ready)
{
	int fd = must(inotify_init());

	must(inotify_add_watch(fd, "/tmp", IN_CREATE));
	if (ready)
		close(must(open("/tmp/polls-was-here", O_CREAT | O_WRONLY, 0600)));
	return fd;
}

static int make_pidfd(int ready)
{
	pid_t child = fork();
	int fd;

	if (!child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (!ready)
			pause();
		_exit(0);
	}
	fd = must(syscall(SYS_pidfd_open, child, 0));
	if (ready)
		usleep(100000);
	return fd;
}

static int make_proc(int ready)
{
	return must(open("/proc/kmsg", O_RDONLY | O_NONBLOCK)) + 0 * ready;
}

static int make_mounts(int ready)
{
	return must(open("/proc/self/mounts", O_RDONLY)) + 0 * ready;
}

static int make_eventfd(int ready)
{
	return must(eventfd(ready, 0));
}

/* No hook is on its poll function: how often it was polled is not known. */
static int make_rtc(int ready)
{
	return must(open("/dev/rtc0", O_RDONLY)) + 0 * ready;
}

static const struct {
	const char *name;
	int (*make)(int ready);
} kinds[] = {
	{ "timerfd", make_timerfd }, { "signalfd", make_signalfd }, { "inotify", make_inotify },
	{ "pidfd", make_pidfd },     { "proc", make_proc },	     { "mounts", make_mounts },
	{ "eventfd", make_eventfd }, { "rtc", make_rtc },
};

static void poll_one(const char *name, int ready, int fd)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLPRI };
	struct pollfd watched = { fd, POLLIN | POLLPRI, 0 };
	struct timeval now = { 0, 0 };
	int polled, selected, added, waited, epoll = must(epoll_create1(0));
	fd_set set;

	FD_ZERO(&set);
	FD_SET(fd, &set);
	polled = poll(&watched, 1, 0);
	selected = select(fd + 1, &set, 0, 0, &now);
	added = epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
	waited = epoll_wait(epoll, &event, 1, 0);
	close(epoll);
	close(fd);
	printf("%s %d %d %d %d %d\n", name, ready, polled, selected, added, waited);
}

/* A ready eventfd together with the one without a hook, by poll and by select. */
static void both(void)
{
	struct pollfd watched[] = { { make_eventfd(1), POLLIN, 0 }, { make_rtc(0), POLLIN, 0 } };
	struct timeval now = { 0, 0 };
	int polled, selected;
	fd_set set;

	FD_ZERO(&set);
	FD_SET(watched[0].fd, &set);
	FD_SET(watched[1].fd, &set);
	polled = poll(watched, 2, 0);
	selected = select(watched[1].fd + 1, &set, 0, 0, &now);
	printf("both 1 %d %d 0 0\n", polled, selected);
}

int main(void)
{
	for (unsigned i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		for (int ready = 0; ready < 2; ready++)
			poll_one(kinds[i].name, ready, kinds[i].make(ready));
	both();
	return 0;
}
