"""The fifth step: what findings rest on (rows, hits and comments, redacted), and themes."""
