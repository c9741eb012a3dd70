/* SPDX-License-Identifier: GPL-2.0-only */
//
// What a system call waits for when it blocks. Numbers: arch/x86/entry/syscalls/syscall_64.tbl.

#pragma once

#include "vmlinux.h"

enum syscall_kind {
	SYSCALL_UNKNOWN = 0,
	SYSCALL_RECEIVE, // bytes from the descriptor in argument 0
	SYSCALL_SEND,    // room in the descriptor in argument 0
	SYSCALL_ACCEPT,  // a connection on the descriptor in argument 0
	SYSCALL_CONNECT, // the peer of the descriptor in argument 0
	SYSCALL_POLL,    // struct pollfd in argument 0, as many as argument 1
	SYSCALL_SELECT,  // descriptors below argument 0, bit sets in 1 and 2
	SYSCALL_EPOLL,   // the epoll descriptor in argument 0
	SYSCALL_SLEEP,
	SYSCALL_FUTEX,
	SYSCALL_CHILD,
	SYSCALL_DISK, // a file system, by path or by descriptor
};

#define SYSCALL_NUMBERS 512

#if defined(__TARGET_ARCH_x86)
static const __u8 syscall_kinds[SYSCALL_NUMBERS] = {
	[0] = SYSCALL_RECEIVE,   // read
	[1] = SYSCALL_SEND,      // write
	[2] = SYSCALL_DISK,      // open
	[4] = SYSCALL_DISK,      // stat
	[6] = SYSCALL_DISK,      // lstat
	[7] = SYSCALL_POLL,      // poll
	[17] = SYSCALL_RECEIVE,  // pread64
	[18] = SYSCALL_SEND,     // pwrite64
	[19] = SYSCALL_RECEIVE,  // readv
	[20] = SYSCALL_SEND,     // writev
	[21] = SYSCALL_DISK,     // access
	[23] = SYSCALL_SELECT,   // select
	[26] = SYSCALL_DISK,     // msync
	[34] = SYSCALL_SLEEP,    // pause
	[35] = SYSCALL_SLEEP,    // nanosleep
	[40] = SYSCALL_SEND,     // sendfile
	[42] = SYSCALL_CONNECT,  // connect
	[43] = SYSCALL_ACCEPT,   // accept
	[44] = SYSCALL_SEND,     // sendto
	[45] = SYSCALL_RECEIVE,  // recvfrom
	[46] = SYSCALL_SEND,     // sendmsg
	[47] = SYSCALL_RECEIVE,  // recvmsg
	[61] = SYSCALL_CHILD,    // wait4
	[72] = SYSCALL_DISK,     // fcntl: a lock on a file
	[73] = SYSCALL_DISK,     // flock
	[74] = SYSCALL_DISK,     // fsync
	[75] = SYSCALL_DISK,     // fdatasync
	[76] = SYSCALL_DISK,     // truncate
	[77] = SYSCALL_DISK,     // ftruncate
	[80] = SYSCALL_DISK,     // chdir
	[82] = SYSCALL_DISK,     // rename
	[83] = SYSCALL_DISK,     // mkdir
	[84] = SYSCALL_DISK,     // rmdir
	[85] = SYSCALL_DISK,     // creat
	[86] = SYSCALL_DISK,     // link
	[87] = SYSCALL_DISK,     // unlink
	[88] = SYSCALL_DISK,     // symlink
	[89] = SYSCALL_DISK,     // readlink
	[90] = SYSCALL_DISK,     // chmod
	[91] = SYSCALL_DISK,     // fchmod
	[137] = SYSCALL_DISK,    // statfs
	[138] = SYSCALL_DISK,    // fstatfs
	[162] = SYSCALL_DISK,    // sync
	[187] = SYSCALL_DISK,    // readahead
	[202] = SYSCALL_FUTEX,   // futex
	[217] = SYSCALL_DISK,    // getdents64
	[230] = SYSCALL_SLEEP,   // clock_nanosleep
	[232] = SYSCALL_EPOLL,   // epoll_wait
	[247] = SYSCALL_CHILD,   // waitid
	[257] = SYSCALL_DISK,    // openat
	[258] = SYSCALL_DISK,    // mkdirat
	[262] = SYSCALL_DISK,    // newfstatat
	[263] = SYSCALL_DISK,    // unlinkat
	[264] = SYSCALL_DISK,    // renameat
	[265] = SYSCALL_DISK,    // linkat
	[266] = SYSCALL_DISK,    // symlinkat
	[267] = SYSCALL_DISK,    // readlinkat
	[268] = SYSCALL_DISK,    // fchmodat
	[269] = SYSCALL_DISK,    // faccessat
	[270] = SYSCALL_SELECT,  // pselect6
	[271] = SYSCALL_POLL,    // ppoll
	[275] = SYSCALL_SEND,    // splice
	[277] = SYSCALL_DISK,    // sync_file_range
	[280] = SYSCALL_DISK,    // utimensat
	[281] = SYSCALL_EPOLL,   // epoll_pwait
	[285] = SYSCALL_DISK,    // fallocate
	[288] = SYSCALL_ACCEPT,  // accept4
	[295] = SYSCALL_RECEIVE, // preadv
	[296] = SYSCALL_SEND,    // pwritev
	[299] = SYSCALL_RECEIVE, // recvmmsg
	[306] = SYSCALL_DISK,    // syncfs
	[307] = SYSCALL_SEND,    // sendmmsg
	[316] = SYSCALL_DISK,    // renameat2
	[326] = SYSCALL_DISK,    // copy_file_range
	[327] = SYSCALL_RECEIVE, // preadv2
	[328] = SYSCALL_SEND,    // pwritev2
	[332] = SYSCALL_DISK,    // statx
	[437] = SYSCALL_DISK,    // openat2
	[439] = SYSCALL_DISK,    // faccessat2
	[441] = SYSCALL_EPOLL,   // epoll_pwait2
	[449] = SYSCALL_FUTEX,   // futex_waitv
};

enum {
	NR_READV = 19,
	NR_WRITEV = 20,
	NR_SENDFILE = 40,
	NR_SENDMSG = 46,
	NR_RECVMSG = 47,
	NR_SENDMMSG = 307,
	NR_READ = 0,
	NR_WRITE = 1,
	NR_SENDTO = 44,
	NR_RECVFROM = 45,
};
#endif

static __always_inline enum syscall_kind kind_of_syscall(__s32 nr)
{
	if (nr < 0 || nr >= SYSCALL_NUMBERS)
		return SYSCALL_UNKNOWN;
	return syscall_kinds[nr & (SYSCALL_NUMBERS - 1)];
}
