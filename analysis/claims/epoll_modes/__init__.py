"""Claims: epoll's modes: edge-triggered, one-shot, nested."""
