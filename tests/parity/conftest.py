"""The same repositories as in the tests of releases."""

from tests.change.conftest import own_cache, root, template

__all__ = ["own_cache", "root", "template"]
