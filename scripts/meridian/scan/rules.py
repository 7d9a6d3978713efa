"""Every rule of our own outside Checkov, in the order of docs/security.md."""

from meridian.scan import changes, grants, owned, tree, waivers
from meridian.scan.hygiene import secrets

RULES = (*changes.RULES, *grants.RULES, *tree.RULES, *waivers.RULES, *secrets.RULES, *owned.RULES)
