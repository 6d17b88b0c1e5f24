"""What tests of several folders share: named audits, fixtures, readers of what was written."""
