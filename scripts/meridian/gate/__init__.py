"""The security gate: scans, findings and waivers."""
