"""The same as `meridian generate`, e.g. python3 scripts/generate.py --check."""

from tools.launch import meridian

meridian("generate")
