"""`make lock`: lock the Python packages."""

import guard

guard.start("meridian.toolchain.lock")
