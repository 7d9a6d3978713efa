"""The commands of this part, under one name for the command line."""

from meridian.releases.release import release
from meridian.releases.versions import versions

__all__ = ["release", "versions"]
