"""Answers every call with the region."""

import os


def handler(event: object, context: object) -> dict[str, str]:
    """Return the region that the function runs in."""
    return {"region": os.environ["AWS_REGION"]}
