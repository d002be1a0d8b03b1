"""The recorder on kernels that run: this machine's, and stock ones in the lab."""
