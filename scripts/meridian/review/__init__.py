"""The review of a change by the gate of its base."""
