"""Tags of answers that have no version of their own.

Belongs here: the digest of what an answer shows. Does not belong here: what it shows, and the headers
(``config.api.conditional``).
"""

from __future__ import annotations

import hashlib
from typing import Any

from config.api.json import write_json

_BYTES = 16


def tag_of(content: Any) -> str:
    """Another tag for each other content, whatever it was that changed it."""
    return hashlib.blake2b(write_json(content), digest_size=_BYTES).hexdigest()
