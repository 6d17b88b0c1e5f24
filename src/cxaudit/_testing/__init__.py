"""The parts of `cxaudit.testing`."""
