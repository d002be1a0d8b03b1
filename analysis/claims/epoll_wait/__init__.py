"""Claims: epoll: waiting and waking."""
