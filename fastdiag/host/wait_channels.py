"""Names of the kernel functions in which threads sleep (/proc/PID/wchan), as far as we know their meaning."""

from __future__ import annotations

from typing import Final

POLLS: Final = ("do_epoll_wait", "ep_poll", "io_cqring_wait")
"""Where epoll and io_uring wait. poll() and select() are not among them: no loop uses these on Linux, but
blocking database drivers do."""
LOCKS: Final = "futex"
PIPE_READS: Final = ("unix_stream", "pipe_read", "anon_pipe_read")
