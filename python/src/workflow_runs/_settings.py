"""Where the service is, and with which key: arguments, the environment, or what `workflow-runs login` has written."""

from __future__ import annotations

import json
import os
from pathlib import Path


def find_settings(url: str | None, api_key: str | None) -> tuple[str, str | None]:
    """The URL of the service and the API key.

    They are the arguments, else WORKFLOW_RUNS_URL and WORKFLOW_RUNS_API_KEY, else from the file that `workflow-runs login` has
    written. A key belongs to one service, so the key of that file is not used for another URL.

    Raises:
        ValueError: It is not known where the service is.
    """
    written = _read_login()
    url = url or os.environ.get("WORKFLOW_RUNS_URL") or written.get("url")
    if not url:
        raise ValueError(
            "It is not known where the service is. Pass `url`, set WORKFLOW_RUNS_URL, or run `workflow-runs login`."
        )
    is_same = url.rstrip("/") == written.get("url", "").rstrip("/")
    return url, api_key or os.environ.get("WORKFLOW_RUNS_API_KEY") or (written.get("api_key") if is_same else None)


def _read_login() -> dict[str, str]:
    folder = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    try:
        written = json.loads(Path(folder, "workflow-runs", "login.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {key: value for key, value in written.items() if isinstance(value, str)} if isinstance(written, dict) else {}
