"""Chains of several temperatures, or of several machines, that exchange their states."""
