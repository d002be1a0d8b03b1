"""What was behind fds, and when."""
