"""The stand-in registry, as a fixture."""

from __future__ import annotations

import pytest

from tests.support.registry import StandIn


@pytest.fixture
def registry():
    return StandIn()
