#include "decode/syscall_name.h"

#include <sys/syscall.h>

namespace linger::decode {

std::string syscall_name(int number)
{
  switch (number) {
    case SYS_read:
      return "read";
    case SYS_write:
      return "write";
    case SYS_nanosleep:
      return "nanosleep";
    case SYS_clock_nanosleep:
      return "clock_nanosleep";
    case SYS_poll:
      return "poll";
    case SYS_ppoll:
      return "ppoll";
    case SYS_select:
      return "select";
    case SYS_pselect6:
      return "pselect6";
    case SYS_epoll_wait:
      return "epoll_wait";
    case SYS_epoll_pwait:
      return "epoll_pwait";
    case SYS_wait4:
      return "wait4";
    case SYS_waitid:
      return "waitid";
    case SYS_pause:
      return "pause";
    case SYS_rt_sigtimedwait:
      return "rt_sigtimedwait";
    case SYS_rt_sigsuspend:
      return "rt_sigsuspend";
    case SYS_ioctl:
      return "ioctl";
    case SYS_munmap:
      return "munmap";
    case SYS_mmap:
      return "mmap";
    case SYS_brk:
      return "brk";
    case SYS_madvise:
      return "madvise";
    case SYS_vfork:
      return "vfork";
    case SYS_clone:
      return "clone";
    default:
      return "system call " + std::to_string(number);
  }
}

} // namespace linger::decode
