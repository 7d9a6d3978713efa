"""Judging a change by the gate of the revision before it."""
