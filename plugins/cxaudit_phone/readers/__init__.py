"""Readers of exports of phone systems."""
