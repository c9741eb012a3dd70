/* SPDX-License-Identifier: GPL-2.0-only */
//
// The kernel types that the probes use, and of each only the fields they read. Written by hand:
// with preserve_access_index libbpf finds every field by name in the running kernel's own BTF, so
// neither the build host's kernel nor its BTF matters, and order and offsets here mean nothing.
// Checked against v5.15 to v6.18 (include/linux/sched.h, fs.h, net/sock.h, af_unix.h, eventpoll.c).

#pragma once

typedef unsigned char __u8;
typedef signed char __s8;
typedef unsigned short __u16;
typedef short __s16;
typedef unsigned int __u32;
typedef int __s32;
typedef unsigned long long __u64;
typedef long long __s64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u64 __be64;
typedef __u32 __wsum;
typedef _Bool bool;

enum {
	false = 0,
	true = 1,
};

#define NULL ((void *)0)

// include/uapi/linux/bpf.h
enum bpf_map_type {
	BPF_MAP_TYPE_HASH = 1,
	BPF_MAP_TYPE_ARRAY = 2,
	BPF_MAP_TYPE_PERCPU_ARRAY = 6,
	BPF_MAP_TYPE_LRU_HASH = 9,
	BPF_MAP_TYPE_RINGBUF = 27,
	BPF_MAP_TYPE_TASK_STORAGE = 29,
};

enum {
	BPF_ANY = 0,
	BPF_NOEXIST = 1,
	BPF_F_NO_PREALLOC = 1,
};

enum {
	BPF_LOCAL_STORAGE_GET_F_CREATE = 1,
};

enum {
	BPF_RB_NO_WAKEUP = 1,
	BPF_RB_FORCE_WAKEUP = 2,
};

enum {
	BPF_RB_AVAIL_DATA = 0,
};

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct list_head {
	struct list_head *next, *prev;
};

struct rb_node {
	unsigned long __rb_parent_color;
	struct rb_node *rb_right;
	struct rb_node *rb_left;
};

struct rb_root {
	struct rb_node *rb_node;
};

struct rb_root_cached {
	struct rb_root rb_root;
};

struct inode {
	__u16 i_mode;
	unsigned long i_ino;
};

struct file {
	struct inode *f_inode;
	void *private_data;
};

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
};

struct files_struct {
	struct fdtable *fdt;
};

struct percpu_counter {
	__s64 count;
};

struct mm_struct {
	struct percpu_counter rss_stat[4];
};

// include/uapi/linux/bpf.h
struct bpf_raw_tracepoint_args {
	__u64 args[0];
};

struct signal_struct {
	int nr_threads;
	int group_exit_code;
};

// arch/x86/include/asm/processor.h
struct thread_struct {
	unsigned long fsbase;
};

// kernel/sched/sched.h
struct cfs_rq {
	int throttle_count;
};

struct sched_entity {
	struct cfs_rq *cfs_rq;
};

struct task_struct {
	unsigned int __state;
	void *stack;
	struct mm_struct *mm;
	int exit_code;
	int pid;
	int tgid;
	unsigned in_iowait : 1;
	struct task_struct *real_parent;
	struct task_struct *group_leader;
	struct files_struct *files;
	struct signal_struct *signal;
	unsigned long min_flt;
	unsigned long maj_flt;
	void *bpf_storage;
	unsigned long rseq_event_mask;
	struct sched_entity se;
	struct thread_struct thread;
};

struct in6_addr {
	union {
		__u8 u6_addr8[16];
		__be32 u6_addr32[4];
	} in6_u;
};

struct sock_common {
	__be32 skc_daddr;
	__be32 skc_rcv_saddr;
	__be16 skc_dport;
	__u16 skc_num;
	unsigned short skc_family;
	volatile unsigned char skc_state;
	struct in6_addr skc_v6_daddr;
};

struct socket;
struct sock;

struct sk_buff {
	struct sock *sk;
};

struct sk_buff_head {
	struct sk_buff *prev;
};

struct sock {
	struct sock_common __sk_common;
	__u16 sk_protocol;
	__u16 sk_type;
	struct socket *sk_socket;
	struct sk_buff_head sk_receive_queue;
};

struct inet_connection_sock {
	struct {
		__u32 lrcvtime;
	} icsk_ack;
};

struct tcp_sock {
	__u64 tcp_mstamp;
	struct {
		__u64 time;
	} rcv_rtt_est;
	struct {
		__u64 time;
	} rcvq_space;
	__u32 write_seq;
	__u32 snd_una;
	__u64 bytes_acked;
};

struct socket {
	unsigned long flags;
	struct sock *sk;
	struct file *file;
};

struct sockaddr_un {
	unsigned short sun_family;
	char sun_path[108];
};

struct unix_address {
	int len;
	struct sockaddr_un name[0];
};

struct unix_sock {
	struct sock sk;
	struct unix_address *addr;
	struct sock *peer;
};

struct eventpoll {
	struct rb_root_cached rbr;
};

struct epoll_filefd {
	struct file *file;
	int fd;
};

struct epitem {
	struct rb_node rbn;
	struct epoll_filefd ffd;
};

// arch/x86/include/asm/ptrace.h
struct pt_regs {
	unsigned long r15, r14, r13, r12, bp, bx, r11, r10, r9, r8;
	unsigned long ax, cx, dx, si, di, orig_ax, ip, cs, flags, sp, ss;
};

struct linux_binprm;

struct bpf_map;

struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
	__u64 session_id;
	__u64 seq_num;
};

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
};

struct bpf_iter__task_file {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
	__u32 fd;
	struct file *file;
};

#pragma clang attribute pop

// Memory that belongs to a process: read field by field, its layout is the ABI's.

struct iovec {
	void *iov_base;
	unsigned long iov_len;
};

struct user_msghdr {
	void *msg_name;
	int msg_namelen;
	struct iovec *msg_iov;
};

struct pollfd {
	int fd;
	short events;
	short revents;
};

// What a program at tp/syscalls/sys_enter_* is given
// (/sys/kernel/tracing/events/syscalls/sys_enter_epoll_wait/format).
struct syscall_enter {
	__u64 common;
	__s32 nr;
	__u32 unused;
	__u64 args[6];
};

// What a program at tp/syscalls/sys_exit_* is given
// (/sys/kernel/tracing/events/syscalls/sys_exit_accept4/format).
struct syscall_exit {
	__u64 common;
	__s32 nr;
	__u32 unused;
	__s64 ret;
};
