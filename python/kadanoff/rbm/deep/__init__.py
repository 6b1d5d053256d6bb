"""More than two layers."""
