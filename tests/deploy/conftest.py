"""The targets and plans of tests/plans, here too."""

from tests.plans.conftest import environment, plan_json, save_plan, target

__all__ = ["environment", "plan_json", "save_plan", "target"]
