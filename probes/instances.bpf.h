/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Epoll instances that traced tasks use, and what their items say. An entry that was queued before
 * tracer attached is recognised by its instance, which its item points at; an instance is known
 * once a traced task waited on it, added to it, or was found to have it open.
 */

/* `entry`, `fd`: those of the item whose callback runs; else 0 and the epoll fd. */
inline_fn void tell_lists(struct task_state *s, __u64 instance, __u64 entry, __s32 fd, __u32 hook)
{
	struct step_record r = {};
	struct lists lists = {};

	if (!read_lists(instance, &lists))
		return;
	r.entry = entry ? entry : lists.first;
	r.object = instance;
	r.owner_pid = lists.pid;
	r.owner_tid = lists.tid;
	r.fd = fd;
	r.value = lists.state;
	if (entry && item_is_listed(entry))
		r.value |= LIST_LISTED;
	r.kind = STEP_INSTANCE;
	r.hook = hook;
	write_step(&r, s);
}

/* The instance that the current epoll_wait is about. */
inline_fn void tell_own_lists(struct task_state *s, __u32 hook)
{
	if (s->steps && s->kind == CALL_EPOLL_WAIT && s->instance)
		tell_lists(s, s->instance, 0, s->call.fd, hook);
}

inline_fn void keep_instance(__u64 instance, struct instance *about, __u32 hook, struct task_state *s)
{
	struct step_record r = {};

	if (map_update(instances, &instance, about)) {
		count_loss(entries);
		return;
	}
	r.object = instance;
	r.owner_pid = about->pid;
	r.fd = about->fd;
	r.kind = STEP_INSTANCE;
	r.hook = hook;
	write_step(&r, s);
}

/* The current call's fd is an epoll fd. */
inline_fn void meet_instance(struct task_state *s, __u64 instance)
{
	struct instance about = {};

	if (!instance)
		return;
	s->instance = instance;
	s->epoll_fd = s->call.fd;
	if (map_lookup(instances, &instance))
		return;
	about.pid = s->pid;
	about.fd = s->call.fd;
	about.steps = s->steps;
	keep_instance(instance, &about, HOOK_sys_enter, s);
}

/* With steps, each wait looks it up again: another thread may have closed and reopened the fd. */
inline_fn void meet_waited_instance(struct task_state *s)
{
	s->instance = instance_of_fd(s->call.fd);
	meet_instance(s, s->instance);
	s->lists_told = 0;
	tell_own_lists(s, HOOK_sys_enter);
}

/* Its fd is closed and its last user gone: the address may be reused from now on. */
inline_fn int ep_eventpoll_release_body(__u64 inode, __u64 file)
{
	__u64 instance = instance_of_file(file);
	struct task_state *s = traced();

	if (s)
		s->hits[HOOK_ep_eventpoll_release]++;
	if (instance)
		map_delete(instances, &instance);
	return 0;
}
PROBE_ENTRY2(ep_eventpoll_release)

inline_fn void tell_item(struct entry_owner *owner, struct item *item, __u64 entry, __u32 hook)
{
	struct step_record r = {};

	owner->events = item->events;
	owner->data = item->data;
	r.entry = entry;
	r.object = item->data;
	r.owner_pid = owner->pid;
	r.owner_tid = owner->tid;
	r.fd = item->fd;
	r.value = (__s32)item->events;
	r.kind = STEP_ITEM;
	r.hook = hook;
	write_step(&r, traced());
}

inline_fn void tell_new_item(__u64 entry, __u32 hook)
{
	struct entry_owner *owner = map_lookup(entries, &entry);
	struct item item = {};

	if (owner && read_item(entry, &item))
		tell_item(owner, &item, entry, hook);
}

/* EPOLL_CTL_MOD changes an item, and so does EPOLLONESHOT. */
inline_fn void tell_changed_item(struct entry_owner *owner, __u64 entry, __u32 hook)
{
	struct item item = {};

	if (read_item(entry, &item) &&
	    (item.events != owner->events || item.data != owner->data))
		tell_item(owner, &item, entry, hook);
}

/* An entry that was queued before tracer attached, if its instance is known. */
inline_fn struct entry_owner *adopt_entry(__u64 entry, __u32 hook)
{
	struct entry_owner owner = {}, *kept;
	struct instance *instance;
	struct item item = {};

	if (!read_item(entry, &item))
		return 0;
	instance = map_lookup(instances, &item.instance);
	if (!instance)
		return 0;
	owner.pid = instance->pid;
	owner.fd = item.fd;
	owner.steps = instance->steps;
	owner.instance = item.instance;
	if (map_update(entries, &entry, &owner)) {
		count_loss(entries);
		return 0;
	}
	kept = map_lookup(entries, &entry);
	if (kept)
		tell_item(kept, &item, entry, hook);
	return kept;
}

#ifndef __BCC__

struct bpf_iter__task_file {
	struct task_struct *task;
	__u32 fd;
	struct file *file;
} __attribute__((preserve_access_index));

/*
 * Run by the recorder when it attaches: goes through the open files of all tasks. The named
 * processes are marked.
 */
SEC("iter/task_file") int find_instances(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	struct instance about = {};
	__u64 instance;
	__u32 *flags;

	if (!task || !file)
		return 0;
	about.pid = task->tgid;
	flags = map_lookup(marked, &about.pid);
	if (!flags)
		return 0;
	instance = instance_of_file((__u64)file);
	if (!instance || map_lookup(instances, &instance))
		return 0;
	about.fd = ctx->fd;
	about.steps = !!(*flags & JOIN_STEPS);
	keep_instance(instance, &about, 0, 0);
	return 0;
}

#endif
