"""A Flask application whose time goes where the machine, and not Python, is at fault."""

import mmap
import os
import tempfile
import time

from flask import Flask

PAGES = 64

app = Flask(__name__)


@app.get("/hello")
def hello():
    return "hello"


@app.get("/burn/<int:milliseconds>")
def burn(milliseconds):
    """That much CPU time; who spent it."""
    begin = time.thread_time()
    while (time.thread_time() - begin) * 1000 < milliseconds:
        pass
    return str(os.getpid())


@app.get("/fault")
def fault():
    """Touches pages of a file that are on the disk alone."""
    with tempfile.NamedTemporaryFile(dir=os.environ["PROCESSOR_DIRECTORY"]) as file:
        file.write(os.urandom(PAGES * mmap.PAGESIZE))
        file.flush()
        os.fsync(file.fileno())
        with mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as pages:
            pages.madvise(mmap.MADV_RANDOM)
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            return str(sum(pages[i * mmap.PAGESIZE] for i in range(PAGES)))
