"""The lab: a stock distribution kernel in a virtual machine on a read-only view of this machine.

``kernels`` finds and fetches, ``boot`` boots and runs a command.
"""
