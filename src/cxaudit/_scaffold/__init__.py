"""Writing the beginnings of a plugin, with tests that are green."""
