"""Traces the kernel's I/O models and holds textbook claims against what real kernels do."""

__version__ = "0.1.0"
