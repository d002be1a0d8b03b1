"""What all floors share: errors, messages, the records' layout, system calls, files."""
