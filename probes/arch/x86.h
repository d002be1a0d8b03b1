/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * x86-64, on the C side: where a system call's number and arguments are, and how a 32-bit call is
 * recognised. The rest of its row is in tracer/shared/arch.py, which makes dialect.h include this
 * file. Names are those of the kernel's struct pt_regs (arch/x86/include/asm/ptrace.h).
 */
#ifndef __BCC__ /* BCC has the kernel's own headers; here BTF gives the offsets */
struct pt_regs {
	unsigned long r10, cx, dx, si, di, orig_ax, ip, sp;
} __attribute__((preserve_access_index));
struct thread_info {
	unsigned int status;
} __attribute__((preserve_access_index));
/* TS_COMPAT of thread_info.status: set while a 32-bit system call is served (int 0x80 too) */
#define COMPAT_FIELD status
#define COMPAT_BIT 0x2
#endif

/*
 * struct pt_regs from r10 on, read at once at sys_enter. The fourth argument is in r10, not in cx
 * (arch/x86/entry/entry_64.S).
 */
struct argument_registers {
	unsigned long r10, r9, r8, ax, cx, dx, si, di;
};
#define ARGUMENT_REGISTERS FIELD_OFFSET(struct pt_regs, r10)
#define SYSCALL_ARG_1(regs) ((regs)->di)
#define SYSCALL_ARG_2(regs) ((regs)->si)
#define SYSCALL_ARG_3(regs) ((regs)->dx)
#define SYSCALL_ARG_4(regs) ((regs)->r10)
#define SYSCALL_ARG_5(regs) ((regs)->r8)
/* The same places hold when the call returns; the number has 32 bits. */
#define FIRST_ARGUMENT FIELD_OFFSET(struct pt_regs, di)
#define SYSCALL_NUMBER FIELD_OFFSET(struct pt_regs, orig_ax)
