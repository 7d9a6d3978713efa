"""Lines at the end of a terminal that show what runs now, rewritten in place: a name, its state, its seconds."""

import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.live import Live
    from rich.table import Table

REFRESHES_PER_SECOND = 4


class RunningLines:
    """One line for each thing that runs; lines that are printed meanwhile stand above them. Nothing off a terminal."""

    def __init__(self, console: "Console") -> None:
        self._console = console
        self._live: Live | None = None
        self._begun: dict[str, float] = {}
        self._states: dict[str, str] = {}

    @property
    def shown(self) -> bool:
        """True between `start` and `stop` on a terminal."""
        return self._live is not None

    def start(self) -> None:
        """Show the lines from now on, if the console is a terminal."""
        # Rich calls any stream a terminal where FORCE_COLOR is set, as in some jobs.
        if not self._console.file.isatty() or self._console.is_dumb_terminal:
            return
        from rich.live import Live

        self._live = Live(
            get_renderable=self.render,
            console=self._console,
            refresh_per_second=REFRESHES_PER_SECOND,
            transient=True,
            # A stream that goes elsewhere must not end on the terminal.
            redirect_stdout=sys.stdout.isatty(),
            redirect_stderr=sys.stderr.isatty(),
        )
        self._live.start()

    def stop(self) -> None:
        """Remove the lines."""
        live, self._live = self._live, None
        if live:
            live.stop()

    def set(self, name: str, state: str) -> None:
        """Add the line of a name, or change its state."""
        self._begun.setdefault(name, time.monotonic())
        self._states[name] = state

    def remove(self, name: str) -> None:
        """Remove the line of what has ended."""
        self._states.pop(name, None)
        if self._live:
            self._live.refresh()

    def render(self) -> "Table":
        """Return the lines as they are now; a state that is too long is cut off."""
        from rich.table import Table
        from rich.text import Text

        table = Table.grid(padding=(0, 2))
        table.add_column(justify="right", no_wrap=True, min_width=8)
        states = list(self._states.items())
        table.add_column(no_wrap=True, min_width=max((len(name) for name, _ in states), default=0))
        table.add_column(no_wrap=True, overflow="ellipsis")
        now = time.monotonic()
        for name, state in states:
            table.add_row(f"{now - self._begun[name]:.1f} s", Text(name), Text(state, style="dim"))
        return table
