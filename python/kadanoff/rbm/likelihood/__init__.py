"""Partition functions and likelihoods, exact and estimated."""
