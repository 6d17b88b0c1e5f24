"""A result that others may see."""
