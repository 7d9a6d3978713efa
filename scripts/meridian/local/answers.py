"""How the local AWS sends its responses."""

from typing import Any


def answers_come_in_one_piece(h11: Any) -> None:
    """Send the head of a response together with the first part of its body.

    Hypercorn sends them apart. Between the two, Terraform's AWS provider sometimes drops
    the connection and repeats the call; a call that AWS refuses the second time (AddPermission)
    then fails an apply that had worked, after five minutes of retries.
    """
    protocol, library = h11.H11Protocol, h11.h11

    async def send_h11_event(self: Any, event: Any) -> None:
        try:
            data = self.connection.send(event) or b""
        except library.LocalProtocolError:
            if self.connection.their_state != library.ERROR:
                raise
            return
        held = vars(self).pop("_held_head", b"")
        if isinstance(event, library.Response):
            self._held_head = data
        else:
            await self.send(h11.RawData(data=held + data))

    protocol._send_h11_event = send_h11_event
