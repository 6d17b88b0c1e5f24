"""The fifth step: findings become scores."""
