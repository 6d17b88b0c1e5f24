"""Value types at the seams, public through `cxaudit.plugin`. Nothing here reads or computes."""
