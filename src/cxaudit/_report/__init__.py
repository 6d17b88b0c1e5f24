"""Saved results and reports.

`serialise` writes and reads results; `build` makes the report, of typed blocks, that every
document for people is rendered from; the other modules render. Who may see what is decided when
the report is built, never in a renderer. Numbers become text in `numbers` alone.
"""
