from __future__ import annotations

import logging

from ._calls import is_calling
from ._run import current_run


class RunLogHandler(logging.Handler):
    """Writes what a handler logs to the log of its run.

        logging.getLogger().addHandler(RunLogHandler())

    What is logged outside of a handler is ignored, and so is what a thread logs that the handler has started by itself.
    """

    def emit(self, record: logging.LogRecord) -> None:
        run = current_run.get(None)
        if run is None or is_calling.get():
            return
        try:
            run._append(self.format(record))
        except Exception:
            self.handleError(record)
