"""The one error of the protocol."""


class ProtocolError(Exception):
    """A peer has sent what the protocol does not allow. Nothing else is ever raised for its input."""
