"""The report: typed blocks, made from a result, that every document for people is rendered from.

Who may see what is decided here, never in a renderer.
"""
