/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An architecture on the C side: where a system call's arguments are at sys_enter. The rest of
 * its row, with the numbers of the system calls, is in tracer/shared/arch.py.
 */
#ifndef TRACER_ARCH_H
#define TRACER_ARCH_H

#if defined(__x86_64__)

/* The kernel's convention (arch/x86/entry/entry_64.S): the fourth is in r10, not in rcx. */
#define SYSCALL_ARG_1(regs) PT_REGS_PARM1(regs)
#define SYSCALL_ARG_2(regs) PT_REGS_PARM2(regs)
#define SYSCALL_ARG_3(regs) PT_REGS_PARM3(regs)
#define SYSCALL_ARG_4(regs) ((regs)->r10)
#define SYSCALL_ARG_5(regs) PT_REGS_PARM5(regs)
/* Of these, where the first and the last stand in struct pt_regs. */
#define SYSCALL_ARGS_BEGIN(regs) SYSCALL_ARG_4(regs)
#define SYSCALL_ARGS_END(regs) SYSCALL_ARG_1(regs)

#else
#error "no such architecture here: add it to arch.h and to tracer/shared/arch.py"
#endif

#endif
