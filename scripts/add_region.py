"""The same as `meridian add-region`, e.g. python3 scripts/add_region.py dev eu-west-1 --dry-run."""

from tools.launch import meridian

meridian("add-region")
