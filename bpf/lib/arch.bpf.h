/* SPDX-License-Identifier: GPL-2.0-only */
//
// The system call a thread is in: its number and arguments, from the registers that its entry
// saved. And the call of a function, from those that a uprobe is given.

#pragma once

#include "vmlinux.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

struct syscall {
	__s32 nr; // -1 outside of a system call
	__u64 args[5];
};

#if defined(__TARGET_ARCH_x86)
// The part of struct pt_regs that entry_SYSCALL_64 pushes last and that holds everything asked for
// here: one read instead of five. arch/x86/include/asm/ptrace.h.
struct saved_arguments {
	__u64 r10, r9, r8, ax, cx, dx, si, di, orig_ax;
};

// bpf_task_pt_regs() came with v5.15 (dd6e10fbd9fb).
static __always_inline void read_syscall(struct task_struct *task, struct syscall *syscall)
{
	struct pt_regs *regs = (struct pt_regs *)bpf_task_pt_regs(task);
	struct saved_arguments saved;

	if (bpf_probe_read_kernel(&saved, sizeof(saved), &regs->r10)) {
		syscall->nr = -1;
		return;
	}
	syscall->nr = (__s32)saved.orig_ax;
	syscall->args[0] = saved.di;
	syscall->args[1] = saved.si;
	syscall->args[2] = saved.dx;
	syscall->args[3] = saved.r10;
	syscall->args[4] = saved.r8;
}

// Of a function at whose begin, or return, a uprobe is.
static __always_inline __u64 argument(const struct pt_regs *regs, int number)
{
	return number == 1 ? regs->di : number == 2 ? regs->si : regs->dx;
}

// The compiler would make one load of all, at an address that it computes: the verifier wants each
// to have a constant one.
#define READ_REGISTER(name)                                                                        \
	value = regs->name;                                                                        \
	barrier_var(value);                                                                        \
	return value

// By the processor's number, as instructions encode it.
static __always_inline __u64 register_value(const struct pt_regs *regs, __u64 number)
{
	__u64 value;

	switch (number) {
	case 0:
		READ_REGISTER(ax);
	case 1:
		READ_REGISTER(cx);
	case 2:
		READ_REGISTER(dx);
	case 3:
		READ_REGISTER(bx);
	case 5:
		READ_REGISTER(bp);
	case 6:
		READ_REGISTER(si);
	case 7:
		READ_REGISTER(di);
	case 8:
		READ_REGISTER(r8);
	case 9:
		READ_REGISTER(r9);
	case 10:
		READ_REGISTER(r10);
	case 11:
		READ_REGISTER(r11);
	case 12:
		READ_REGISTER(r12);
	case 13:
		READ_REGISTER(r13);
	case 14:
		READ_REGISTER(r14);
	case 15:
		READ_REGISTER(r15);
	default:
		return 0;
	}
}
#undef READ_REGISTER

static __always_inline __u64 returned_value(const struct pt_regs *regs)
{
	return regs->ax;
}

static __always_inline __u64 stack_pointer(const struct pt_regs *regs)
{
	return regs->sp;
}
#else
#error "No register layout has been written for this architecture"
#endif
