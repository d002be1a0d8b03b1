/* Waits until a task was seen asleep three times in a row. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static pid_t waiter;

static void until_asleep(void)
{
	char path[64], line[512], *at;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", waiter);
	for (int seen = 0; seen < 3;) {
		file = fopen(path, "r");
		if (!file || !fgets(line, sizeof(line), file))
			exit(1);
		fclose(file);
		at = strrchr(line, ')');
		seen = at && at[2] == 'S' ? seen + 1 : 0;
		usleep(1000);
	}
}
