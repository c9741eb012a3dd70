"""Fault: two workers, and each does nothing else while it waits."""

worker_class = "sync"
workers = 2
timeout = 30
