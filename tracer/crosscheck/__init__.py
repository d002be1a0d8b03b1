"""Counts one fixed workload with several instruments and compares them."""
