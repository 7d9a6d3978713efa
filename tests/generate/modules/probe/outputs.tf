# Nothing needs it.
