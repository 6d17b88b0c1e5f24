"""Plugins: how they are found and loaded, what they register, how their hooks are called."""
