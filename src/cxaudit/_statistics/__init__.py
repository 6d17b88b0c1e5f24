"""Intervals, ranks and agreement: numbers in, numbers out."""
