"""Machines with real visible units."""
