"""The targets and plans of tests/plans, here too, and a state bucket without locks."""

import pytest

from meridian.state import locks
from tests.plans.conftest import environment, plan_json, save_plan, target

__all__ = ["environment", "plan_json", "save_plan", "target"]


@pytest.fixture(autouse=True)
def unlocked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no command look for locks in a bucket that is not there."""
    monkeypatch.setattr(locks, "read_state_locks", lambda _: [])
