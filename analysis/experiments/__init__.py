"""What is run to decide the claims: phases for the workloads, as data.

An experiment of one topic is with its claims; those that several topics share are here.
"""
