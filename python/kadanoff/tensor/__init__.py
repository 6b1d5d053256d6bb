"""Tensors: contraction, networks, coarse graining, and machines seen as tensor networks."""
