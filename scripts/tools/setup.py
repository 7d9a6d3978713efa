"""`make setup`: install the pinned tools and packages."""

import guard

guard.start("meridian.toolchain.setup")
