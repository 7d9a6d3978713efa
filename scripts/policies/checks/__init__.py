"""Our own Checkov policies; Checkov loads every module of this folder that has no leading underscore."""
