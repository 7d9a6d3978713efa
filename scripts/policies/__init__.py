"""The policies of the security gate, their examples and the waivers."""
