"""Plain formats: terminal, Markdown, CSV, JUnit, and the result as JSON."""
