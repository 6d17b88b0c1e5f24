"""Tests of cxaudit, a folder for each part that CONTRIBUTING lists."""
