"""Every rule of our own outside Checkov, in the order of docs/policies.md."""

from meridian.scan import changes, grants, module_files, owned, root_file, tree, waivers
from meridian.scan.hygiene import secrets

RULES = (
    *(*changes.RULES, *grants.RULES, *tree.RULES, *module_files.RULES, *root_file.RULES),
    *(*waivers.RULES, *secrets.RULES, *owned.RULES),
)
