"""The security gate: what is looked at, what was found, and what may be accepted."""
