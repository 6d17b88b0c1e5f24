"""It is not Python."""

def cxaudit_register(:
