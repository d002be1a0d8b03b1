/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The private structs of poll and epoll (6.1: fs/select.c, fs/eventpoll.c), where the kernel's BTF
 * has them: fields are checked for, versions never. A read gives 0 where there is no such field, as
 * with BCC, whose headers have none of them.
 */
#ifndef TRACER_STRUCTS_H
#define TRACER_STRUCTS_H

/* What a program requested of epoll for one fd in an instance. */
struct item {
	__u64 instance; /* struct eventpoll */
	__u64 data;
	__u32 events;
	__s32 fd;
};

/* The state of an instance. */
struct lists {
	__u64 first; /* entry of the first task on the instance's own queue */
	__u32 pid, tid; /* that task */
	__u32 state; /* enum list_state */
};

#ifdef __BCC__

#define instance_of_entry(entry) 0
#define instance_of_fd(fd) 0
#define instance_of_file(file) 0
#define read_item(entry, item) 0
#define read_lists(instance, lists) 0
#define item_is_listed(entry) 0
#define read_item_file(item, fd) 0
#define polling_task(poll_table) 0

#else

struct file {
	void *private_data;
} __attribute__((preserve_access_index));
struct fdtable {
	unsigned int max_fds;
	struct file **fd;
} __attribute__((preserve_access_index));
struct files_struct {
	struct fdtable *fdt;
} __attribute__((preserve_access_index));
struct wait_queue_head {
	struct list_head head;
} __attribute__((preserve_access_index));
struct epoll_filefd {
	struct file *file;
	int fd;
} __attribute__((preserve_access_index));
struct epoll_event {
	__u32 events;
	__u64 data;
} __attribute__((preserve_access_index));
struct epitem;
struct eventpoll {
	struct wait_queue_head wq;
	struct list_head rdllist;
	struct epitem *ovflist;
	struct file *file;
} __attribute__((preserve_access_index));
struct epitem {
	struct list_head rdllink;
	struct epitem *next;
	struct epoll_filefd ffd;
	struct eventpoll *ep;
	struct epoll_event event;
} __attribute__((preserve_access_index));
struct eppoll_entry {
	struct epitem *base;
	struct wait_queue_entry wait;
} __attribute__((preserve_access_index));
struct poll_wqueues {
	struct task_struct *polling_task;
} __attribute__((preserve_access_index));

/* The item of the entry `entry`: what is on the queue is eppoll_entry.wait. */
inline_fn struct epitem *item_of_entry(__u64 entry)
{
	struct eppoll_entry *owner = 0;

	if (!bpf_core_field_exists(owner->base) || !bpf_core_field_exists(owner->wait))
		return 0;
	owner = (void *)(entry - bpf_core_field_offset(struct eppoll_entry, wait));
	return BPF_CORE_READ(owner, base);
}

inline_fn __u64 instance_of_entry(__u64 entry)
{
	struct epitem *item = item_of_entry(entry);

	if (!item || !bpf_core_field_exists(item->ep))
		return 0;
	return (__u64)BPF_CORE_READ(item, ep);
}

/* For an entry that may be anybody's: the caller must know its instance, or use nothing of it. */
inline_fn int read_item(__u64 entry, struct item *found)
{
	struct epitem *item = item_of_entry(entry);

	if (!item || !bpf_core_field_exists(item->ep) || !bpf_core_field_exists(item->ffd.fd) ||
	    !bpf_core_field_exists(item->event.data))
		return 0;
	found->instance = (__u64)BPF_CORE_READ(item, ep);
	found->fd = BPF_CORE_READ(item, ffd.fd);
	found->events = BPF_CORE_READ(item, event.events);
	found->data = BPF_CORE_READ(item, event.data);
	return 1;
}

/* The file of an item, and its fd. The argument may be no item: the caller must know the file. */
inline_fn __u64 read_item_file(__u64 address, __s32 *fd)
{
	struct epitem *item = (void *)address;

	if (!bpf_core_field_exists(item->ffd.file) || !bpf_core_field_exists(item->ffd.fd))
		return 0;
	*fd = BPF_CORE_READ(item, ffd.fd);
	return (__u64)BPF_CORE_READ(item, ffd.file);
}

/* The epoll instance behind a file; it points back at its file, which nothing else there does. */
inline_fn __u64 instance_of_file(__u64 file)
{
	struct eventpoll *instance = 0;

	if (!bpf_core_field_exists(instance->file))
		return 0;
	instance = BPF_CORE_READ((struct file *)file, private_data);
	if (!instance || (__u64)BPF_CORE_READ(instance, file) != file)
		return 0;
	return (__u64)instance;
}

/* The same for an fd of the current task. */
inline_fn __u64 instance_of_fd(__s32 fd)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct fdtable *table = 0;
	struct file *file = 0;

	if (!bpf_core_field_exists(task->files) || !bpf_core_field_exists(table->fd))
		return 0;
	table = BPF_CORE_READ(task, files, fdt);
	if (!table || (__u32)fd >= BPF_CORE_READ(table, max_fds))
		return 0;
	bpf_probe_read_kernel(&file, sizeof(file), BPF_CORE_READ(table, fd) + fd);
	return file ? instance_of_file((__u64)file) : 0;
}

#define EP_UNACTIVE_PTR ((void *)-1L) /* fs/eventpoll.c: not on the overflow list, or none in use */

/* list_empty(); a list that was never initialised is empty too. */
inline_fn int has_entries(struct list_head *head)
{
	struct list_head *first = BPF_CORE_READ(head, next);

	return first && first != head;
}

inline_fn int read_lists(__u64 instance, struct lists *found)
{
	struct eventpoll *ep = (void *)instance;
	struct list_head *first;
	__u64 entry, task;

	if (!ep || !bpf_core_field_exists(ep->rdllist) || !bpf_core_field_exists(ep->ovflist) ||
	    !bpf_core_field_exists(ep->wq.head))
		return 0;
	if (has_entries(&ep->rdllist))
		found->state |= LIST_READY;
	if (BPF_CORE_READ(ep, ovflist) != EP_UNACTIVE_PTR)
		found->state |= LIST_TAKEN;
	if (has_entries(&ep->wq.head)) {
		first = BPF_CORE_READ(ep, wq.head.next);
		found->state |= LIST_SLEEPER;
		entry = (__u64)first - bpf_core_field_offset(struct wait_queue_entry, entry);
		found->first = entry;
		task = (__u64)entry_private(entry);
		found->pid = task_pid(task);
		found->tid = task_tid(task);
	}
	return 1;
}

/* ep_is_linked(), or on the overflow list. */
inline_fn int item_is_listed(__u64 entry)
{
	struct epitem *item = item_of_entry(entry);

	if (!item || !bpf_core_field_exists(item->rdllink))
		return 0;
	if (has_entries(&item->rdllink))
		return 1;
	return bpf_core_field_exists(item->next) && BPF_CORE_READ(item, next) != EP_UNACTIVE_PTR;
}

/* The task that sleeps in the select or poll whose poll_wqueues begins with `poll_table`. */
inline_fn __u64 polling_task(__u64 poll_table)
{
	struct poll_wqueues *call = (void *)poll_table;

	if (!bpf_core_field_exists(call->polling_task))
		return 0;
	return (__u64)BPF_CORE_READ(call, polling_task);
}

#endif
#endif
