from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from typing import Any

SECRET = "whsec_dGhpcyBpcyBhbiBleGFtcGxlLCBub3QgYSBzZWNyZXQ="


def signed(kind: str, data: dict[str, Any], secret: str = SECRET, body: str | None = None, ahead: float = 0) -> tuple[dict[str, str], bytes]:
    """The headers and the body of a message of the service, whose clock is ahead by so many seconds."""
    raw = (body or json.dumps({"type": kind, "timestamp": "2026-01-31T12:00:00Z", "data": data})).encode()
    key = base64.b64decode(secret[6:]) if secret.startswith("whsec_") else secret.encode()
    timestamp = str(int(time.time() + ahead))
    signature = base64.b64encode(hmac.digest(key, b"m." + timestamp.encode() + b"." + raw, hashlib.sha256)).decode()
    return {"webhook-id": "m", "webhook-timestamp": timestamp, "webhook-signature": f"v1,{signature}"}, raw
