"""What sums of calls show while a program runs: loops, hot fds, what is wrong. No pandas here."""
