"""What sums of calls say while a program runs: loops, hot fds, what is wrong. No pandas here."""
