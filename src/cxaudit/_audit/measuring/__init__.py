"""The third step: metrics on data."""
