"""Engines: each runs what the planner asks, in its own words."""
