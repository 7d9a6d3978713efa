"""The same repositories as in the tests of releases."""

from tests.releases.conftest import own_cache, root, template

__all__ = ["own_cache", "root", "template"]
