"""What a peer may ask of us. Sizes of single messages are the session's, since the peer is told those."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Beyond any of these the input is malformed."""

    #: Packets in the payload of one POST.
    packets: int = 4_096
    #: Binary attachments of one packet, and their bytes together.
    attachments: int = 10
    attachment_bytes: int = 1_000_000
    #: Arrays and objects inside each other.
    depth: int = 32
    #: Characters of a namespace's name, its query included.
    namespace: int = 256
    #: Digits of an acknowledgement's id: as many as JavaScript counts exactly.
    id_digits: int = 16
    #: Times that one connection may be refused a namespace.
    refusals: int = 20


DEFAULT = Limits()
