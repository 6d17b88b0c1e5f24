"""What findings rest on: rows, hits and comments, redacted."""
