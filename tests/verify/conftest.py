"""An AWS in memory and a verification in it."""

from pathlib import Path

import pytest

from meridian.verify.run import Run
from tests.verify.fakes import Aws, make_run


@pytest.fixture
def aws() -> Aws:
    """Return an empty AWS in memory."""
    return Aws()


@pytest.fixture
def run(tmp_path: Path, aws: Aws) -> Run:
    """Return a verification in that AWS."""
    return make_run(tmp_path, aws)
