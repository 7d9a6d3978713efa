"""`make doctor`: show which tools are installed and which are missing; works before set-up too."""

import guard

guard.start("meridian.toolchain.doctor")
