"""The catalogue of hooks, the plan, the loaders of BPF programs, their maps and rings."""
