"""The second step: what is measured where, and what cannot be."""
