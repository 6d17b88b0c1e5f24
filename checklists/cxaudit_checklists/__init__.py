"""The checklists that cxaudit ships."""
