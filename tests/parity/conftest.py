"""The repositories of the tests about releases, here too."""

from tests.releases.conftest import own_cache, root, template

__all__ = ["own_cache", "root", "template"]
