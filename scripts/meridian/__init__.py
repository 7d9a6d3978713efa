"""Meridian: one inventory, many regions, one verified serverless API."""
