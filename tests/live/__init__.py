"""The recorder on real kernels: this machine's, and stock ones in the lab."""
