"""The client of workflow-runs: `AsyncClient`, the same without asyncio as `Client`, and `verify` for its webhooks.

The runner kit is `workflow_runs.runner`, and the types of the API are `workflow_runs.types`.
"""

from ._async.client import AsyncClient
from ._news import RunNews, RunProgress, StreamedLogEntry, StreamMessage
from ._problems import ApiProblem, InvalidRequest
from ._sync.client import Client
from ._version import __version__
from ._webhooks import InvalidWebhook, Webhook, verify, webhook

__all__ = [
    "ApiProblem",
    "AsyncClient",
    "Client",
    "InvalidRequest",
    "InvalidWebhook",
    "RunNews",
    "RunProgress",
    "StreamMessage",
    "StreamedLogEntry",
    "Webhook",
    "__version__",
    "verify",
    "webhook",
]

# So that an error is shown as `workflow_runs.ApiProblem`, whichever module it is in.
for _name in ("ApiProblem", "InvalidRequest", "InvalidWebhook"):
    globals()[_name].__module__ = __name__
