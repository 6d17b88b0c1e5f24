"""The first step: sources, core's own tables, derived tables and detectors."""
