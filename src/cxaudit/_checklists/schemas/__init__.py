"""The published JSON Schemas of the file formats, as package data."""
