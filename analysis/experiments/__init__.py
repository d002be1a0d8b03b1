"""What is run to decide the claims: phases for the workloads, as data.

An experiment of one topic stands with its claims; those that several share are here.
"""
