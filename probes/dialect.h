/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One source, two loaders. Compiled by clang this is a CO-RE object for libbpf; run through
 * `clang -E -P -D__BCC__` it is text for BCC. BCC rewrites map calls and refuses them inside
 * macros: after the preprocessor the macros are gone.
 *
 * Programs take arguments, return values and opaque pointers. A hook's body is a function
 * NAME_body(); the PROBE_* macros make the programs around it, one per type of attach point:
 *
 *     NAME_fentry, NAME_fexit   core only, arguments from the BPF trampoline
 *     NAME_kprobe               both, arguments from the registers
 *     NAME_breakpoint           core only, an execution breakpoint of the CPU on a traced task,
 *                               for functions that ftrace and kprobes leave out
 */
#ifndef TRACER_DIALECT_H
#define TRACER_DIALECT_H

#define inline_fn static __always_inline

#ifdef __BCC__

/* BCC has helpers and PT_REGS_* of its own; it resolves these two includes. */
#define DIRECTIVE #
DIRECTIVE include <uapi/linux/ptrace.h>
DIRECTIVE include <linux/wait.h>
#include ARCH_HEADER

#define MAP_ARRAY(name, value, n) BPF_ARRAY(name, value, n);
#define MAP_HASH(name, key, value, n) BPF_HASH(name, key, value, n);
#define MAP_QUEUE(name, value, n) BPF_QUEUE(name, value, n);
#define MAP_CGROUPS(name, n) BPF_CGROUP_ARRAY(name, n);
#define MAP_RING(name, bytes) BPF_RINGBUF_OUTPUT(name, RING_PAGES_##name);
#define map_lookup(map, key) map.lookup(key)
#define map_update(map, key, value) map.update(key, value)
#define map_insert(map, key, value) map.insert(key, value)
#define map_delete(map, key) map.delete(key)
#define queue_pop(queue, value) queue.pop(value)
#define queue_push(queue, value) queue.push(value, 0)
#define is_below_cgroup(map, place) (map.check_current_task(place) == 1)
#define ring_output(ring, data, size) ring.ringbuf_output(data, size, BPF_RB_NO_WAKEUP)

/* Named so that BCC attaches none of them by itself: the loader does, by its plan. */
#define PROGRAM_RAW_TP(name) int name##_raw_tp(struct bpf_raw_tracepoint_args *ctx)
#define PROGRAM_KPROBE(name) int name##_kprobe(struct pt_regs *ctx)

/* The loader finds the offset of pid: the headers may be of another version. */
inline_fn __u32 read_u32(__u64 address)
{
	__u32 value = 0;

	bpf_probe_read_kernel(&value, sizeof(value), (void *)address);
	return value;
}

inline_fn __u64 entry_private(__u64 entry)
{
	__u64 value = 0;

	bpf_probe_read_kernel(&value, sizeof(value),
			      (void *)(entry + offsetof(struct wait_queue_entry, private)));
	return value;
}

/* Its list head points at itself: list_del_init() removed it. */
inline_fn int entry_is_off(__u64 entry)
{
	__u64 place = entry + offsetof(struct wait_queue_entry, entry);
	__u64 next = 0;

	bpf_probe_read_kernel(&next, sizeof(next), (void *)place);
	return next == place;
}

#define FIELD_OFFSET(type, field) offsetof(type, field)
#define read_own_number(record, task) /* only BTF has its offset */
/* The headers may be of another version, where thread_info has its status elsewhere. */
inline_fn int is_compat_call(void)
{
	return 0;
}

/* Where the headers may be of another version, a task that leaves the CPU is taken to sleep. */
#define is_running(task) 0
#define task_tid(task) read_u32((__u64)(task) + TASK_PID_OFFSET)
#define task_pid(task) read_u32((__u64)(task) + TASK_PID_OFFSET + 4)

#else

#include <linux/types.h>
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#define __VMLINUX_H__ /* makes PT_REGS_* use the kernel's register names, not ptrace's */
#include <bpf/bpf_tracing.h>
#include ARCH_HEADER

#define MAP_ARRAY(name, value_type, n)                                                         \
	struct {                                                                               \
		__uint(type, BPF_MAP_TYPE_ARRAY);                                              \
		__uint(max_entries, n);                                                        \
		__type(key, __u32);                                                            \
		__type(value, value_type);                                                     \
	} name SEC(".maps");
#define MAP_HASH(name, key_type, value_type, n)                                                \
	struct {                                                                               \
		__uint(type, BPF_MAP_TYPE_HASH);                                               \
		__uint(max_entries, n);                                                        \
		__type(key, key_type);                                                         \
		__type(value, value_type);                                                     \
	} name SEC(".maps");
#define MAP_QUEUE(name, value_type, n)                                                         \
	struct {                                                                               \
		__uint(type, BPF_MAP_TYPE_QUEUE);                                              \
		__uint(max_entries, n);                                                        \
		__type(value, value_type);                                                     \
	} name SEC(".maps");
#define MAP_CGROUPS(name, n)                                                                   \
	struct {                                                                               \
		__uint(type, BPF_MAP_TYPE_CGROUP_ARRAY);                                       \
		__uint(max_entries, n);                                                        \
		__type(key, __u32);                                                            \
		__type(value, __u32);                                                          \
	} name SEC(".maps");
#define MAP_RING(name, bytes)                                                                  \
	struct {                                                                               \
		__uint(type, BPF_MAP_TYPE_RINGBUF);                                            \
		__uint(max_entries, bytes);                                                    \
	} name SEC(".maps");
#define map_lookup(map, key) bpf_map_lookup_elem(&map, key)
#define map_update(map, key, value) bpf_map_update_elem(&map, key, value, BPF_ANY)
#define map_insert(map, key, value) bpf_map_update_elem(&map, key, value, BPF_NOEXIST)
#define map_delete(map, key) bpf_map_delete_elem(&map, key)
#define queue_pop(queue, value) bpf_map_pop_elem(&queue, value)
#define queue_push(queue, value) bpf_map_push_elem(&queue, value, 0)
#define is_below_cgroup(map, place) (bpf_current_task_under_cgroup(&map, place) == 1)
#define ring_output(ring, data, size) bpf_ringbuf_output(&ring, data, size, BPF_RB_NO_WAKEUP)

#define PROGRAM_RAW_TP(name)                                                                   \
	SEC("raw_tp/" #name) int name##_raw_tp(struct bpf_raw_tracepoint_args *ctx)
#define PROGRAM_KPROBE(name) SEC("kprobe") int name##_kprobe(struct pt_regs *ctx)
#define PROGRAM_FENTRY(name) SEC("fentry") int name##_fentry(__u64 *ctx)
#define PROGRAM_BREAKPOINT(name)                                                               \
	SEC("perf_event") int name##_breakpoint(struct pt_regs *ctx)
#define PROGRAM_FEXIT(name) SEC("fexit") int name##_fexit(__u64 *ctx)

/* The only kernel fields read; the running kernel's BTF gives their offsets. */
struct ns_common {
	unsigned int inum;
} __attribute__((preserve_access_index));
struct pid_namespace {
	struct ns_common ns;
} __attribute__((preserve_access_index));
struct upid {
	int nr;
	struct pid_namespace *ns;
} __attribute__((preserve_access_index));
struct pid {
	unsigned int level;
	struct upid numbers[1];
} __attribute__((preserve_access_index));
struct files_struct;
struct task_struct {
	struct thread_info thread_info;
	volatile long state; /* until 5.13 */
	unsigned int __state;
	int pid;
	int tgid;
	struct pid *thread_pid;
	struct files_struct *files;
} __attribute__((preserve_access_index));
struct list_head {
	struct list_head *next;
} __attribute__((preserve_access_index));
struct wait_queue_entry {
	void *private;
	struct list_head entry;
} __attribute__((preserve_access_index));

#define FIELD_OFFSET(type, field) bpf_core_field_offset(type, field)

inline_fn int is_compat_call(void)
{
	struct task_struct *task = 0;

	if (!bpf_core_field_exists(task->thread_info.COMPAT_FIELD))
		return 0;
	/* From 5.11 on, a pointer that is dereferenced directly, without a helper call. */
	if (bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_get_current_task_btf)) {
		task = (struct task_struct *)bpf_get_current_task_btf();
		return !!(task->thread_info.COMPAT_FIELD & COMPAT_BIT);
	}
	task = (struct task_struct *)bpf_get_current_task();
	return !!(BPF_CORE_READ(task, thread_info.COMPAT_FIELD) & COMPAT_BIT);
}

/* Its state is TASK_RUNNING, that is 0. 0 too where neither field is known. */
inline_fn __u32 is_running(void *it)
{
	struct task_struct *task = it;

	if (bpf_core_field_exists(task->__state))
		return !BPF_CORE_READ(task, __state);
	if (bpf_core_field_exists(task->state))
		return !BPF_CORE_READ(task, state);
	return 0;
}

#define task_tid(task) BPF_CORE_READ((struct task_struct *)(task), pid)
#define task_pid(task) BPF_CORE_READ((struct task_struct *)(task), tgid)
/* Its number in the innermost pid namespace, and that namespace. */
#define read_own_number(record, task)                                                          \
	do {                                                                                   \
		struct pid *number = BPF_CORE_READ((struct task_struct *)(task), thread_pid);  \
		__u64 place = (__u64)number + bpf_core_field_offset(struct pid, numbers) +     \
			      BPF_CORE_READ(number, level) *                                   \
				      bpf_core_type_size(struct upid);                         \
		(record)->own_tid = BPF_CORE_READ((struct upid *)place, nr);                   \
		(record)->own_ns = BPF_CORE_READ((struct upid *)place, ns, ns.inum);           \
	} while (0)
#define entry_private(entry) BPF_CORE_READ((struct wait_queue_entry *)(entry), private)

/* Its list head points at itself: list_del_init() removed it. */
inline_fn int entry_is_off(__u64 entry)
{
	struct list_head *place = &((struct wait_queue_entry *)entry)->entry;

	return BPF_CORE_READ((struct wait_queue_entry *)entry, entry.next) == place;
}

#endif

/*
 * PROBE_ENTRYn(hook, argument numbers...): the body runs when the function is entered.
 * PROBE_EXITn(hook, ret, ...): it runs when the function returns; ret is the number of the
 * function's arguments, which is where fexit finds the result. The kprobe form runs at entry and
 * has no result: the body gets UNSEEN for it. The verifier lets a program read only the function's
 * own arguments, so each form reads just what its body takes.
 */
#define UNSEEN (-1)

#ifdef __BCC__
#define CORE_PROGRAM(program)
#else
#define CORE_PROGRAM(program) program
#endif

#define PROBE_ENTRY0(hook)                                                                     \
	CORE_PROGRAM(PROGRAM_FENTRY(hook) { return hook##_body(); })                         \
	PROGRAM_KPROBE(hook) { return hook##_body(); }
#define PROBE_ENTRY1(hook)                                                                     \
	CORE_PROGRAM(PROGRAM_FENTRY(hook) { return hook##_body(ctx[0]); })                   \
	PROGRAM_KPROBE(hook) { return hook##_body(PT_REGS_PARM1(ctx)); }
#define PROBE_ENTRY2(hook)                                                                     \
	CORE_PROGRAM(PROGRAM_FENTRY(hook) { return hook##_body(ctx[0], ctx[1]); })           \
	PROGRAM_KPROBE(hook) { return hook##_body(PT_REGS_PARM1(ctx), PT_REGS_PARM2(ctx)); }
#define PROBE_ENTRY3(hook)                                                                     \
	CORE_PROGRAM(PROGRAM_FENTRY(hook) { return hook##_body(ctx[0], ctx[1], ctx[2]); })   \
	PROGRAM_KPROBE(hook) { return hook##_body(PT_REGS_PARM1(ctx), PT_REGS_PARM2(ctx), PT_REGS_PARM3(ctx)); }
#define PROBE_COPY0(hook)                                                                      \
	PROBE_ENTRY0(hook)                                                                     \
	CORE_PROGRAM(PROGRAM_BREAKPOINT(hook) { return hook##_body(); })
#define PROBE_COPY3(hook)                                                                      \
	PROBE_ENTRY3(hook)                                                                     \
	CORE_PROGRAM(PROGRAM_BREAKPOINT(hook) {                                                \
		return hook##_body(PT_REGS_PARM1(ctx), PT_REGS_PARM2(ctx), PT_REGS_PARM3(ctx)); \
	})
/* a wait-queue callback: wait_queue_func_t(entry, mode, flags, key) */
#define PROBE_CALLBACK(hook)                                                                   \
	CORE_PROGRAM(PROGRAM_FENTRY(hook) { return hook##_body(ctx[0], ctx[3]); })           \
	PROGRAM_KPROBE(hook) { return hook##_body(PT_REGS_PARM1(ctx), PT_REGS_PARM4(ctx)); }
#define PROBE_EXIT1(hook, ret)                                                                 \
	CORE_PROGRAM(PROGRAM_FEXIT(hook) { return hook##_body(ctx[0], ctx[ret]); })          \
	PROGRAM_KPROBE(hook) { return hook##_body(PT_REGS_PARM1(ctx), UNSEEN); }
/* Only where the function's return can be seen: at its entry there is nothing to find yet. */
#define PROBE_EXIT_ONLY1(hook) CORE_PROGRAM(PROGRAM_FEXIT(hook) { return hook##_body(ctx[0]); })
#define PROBE_EXIT_ONLY0(hook) CORE_PROGRAM(PROGRAM_FEXIT(hook) { return hook##_body(); })
#define PROBE_EXIT2_VOID(hook)                                                                 \
	CORE_PROGRAM(PROGRAM_FEXIT(hook) { return hook##_body(ctx[0], ctx[1]); })            \
	PROGRAM_KPROBE(hook) { return hook##_body(PT_REGS_PARM1(ctx), PT_REGS_PARM2(ctx)); }

#endif
