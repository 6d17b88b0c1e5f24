"""The sixth step: findings become scores."""
