"""Executes a command that may make only the system calls, and sockets of only the address families,
that are named: filtered.py CALL,CALL... FAMILY,FAMILY... COMMAND [ARGUMENT...]. Others fail with EPERM
and EAFNOSUPPORT, as systemd lets them."""

import errno
import os
import socket
import sys

import seccomp

calls, families, command = sys.argv[1].split(","), sys.argv[2].split(","), sys.argv[3:]
known = seccomp.SyscallFilter(seccomp.ERRNO(errno.EPERM))
known.add_rule(seccomp.ALLOW, "execve")
for call in calls:
    if seccomp.resolve_syscall(seccomp.Arch(), call) < 0 or call == "socket":
        continue  # of another architecture
    known.add_rule(seccomp.ALLOW, call)
for family in families:
    known.add_rule(seccomp.ALLOW, "socket",
                   seccomp.Arg(0, seccomp.EQ, getattr(socket, family)))
known.load()
os.execv(command[0], command)
