"""Two workers with threads enough to wait for others and still answer."""

worker_class = "gthread"
workers = 2
threads = 8
timeout = 30
