"""Claims: epoll: registering fds."""
