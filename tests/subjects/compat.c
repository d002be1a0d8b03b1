// SPDX-License-Identifier: GPL-2.0-only
/* 23 system calls by int 0x80, where numbers mean other calls, and 7 polls. */
#include <poll.h>

static long by_int80(long number, long first, long second, long third)
{
	long ret;

	__asm__ volatile("int $0x80"
			 : "=a"(ret)
			 : "a"(number), "b"(first), "c"(second), "d"(third)
			 : "memory", "r8", "r9", "r10", "r11");
	return ret;
}

int main(void)
{
	for (int i = 0; i < 13; i++)
		by_int80(7, -1, 0, 0); /* waitpid here; poll in the 64-bit table */
	for (int i = 0; i < 10; i++)
		by_int80(20, 0, 0, 0); /* getpid here; writev there */
	for (int i = 0; i < 7; i++)
		poll(0, 0, 0);
	return 0;
}
