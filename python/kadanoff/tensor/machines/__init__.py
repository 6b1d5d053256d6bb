"""Machines seen as tensor networks."""
