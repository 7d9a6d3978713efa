"""Lets `python -m meridian` behave as the console command does."""

from meridian.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
