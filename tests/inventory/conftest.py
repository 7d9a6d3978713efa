"""Caches of tests are their own."""

from tests.render.conftest import own_cache as own_cache
