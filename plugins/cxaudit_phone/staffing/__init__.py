"""How many people the work needs."""
