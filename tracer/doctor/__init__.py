"""What this machine and its kernel allow, found by trying."""
