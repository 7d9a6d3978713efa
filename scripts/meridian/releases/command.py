"""The commands of this part, under one name for the command line."""

from meridian.releases.promote import promote
from meridian.releases.release import release
from meridian.releases.rollback import rollback
from meridian.releases.versions import versions

__all__ = ["promote", "release", "rollback", "versions"]
