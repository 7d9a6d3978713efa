"""The accepted picture of a module: what its code says, without what cannot matter."""
