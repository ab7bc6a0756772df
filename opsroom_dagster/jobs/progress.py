"""A Dagster logger that shows people the lines that stages log, and nothing of Dagster's own events."""

import logging
import sys

import dagster as dg


class _Stderr(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        meta = getattr(record, "dagster_meta", {})
        if not meta.get("dagster_event"):
            sys.stderr.write(f"  {meta.get('orig_message', record.getMessage())}\n")


def _progress(_: dg.InitLoggerContext) -> logging.Logger:
    """INFO and above, one line each."""
    logger = logging.Logger("opsroom.progress", level=logging.INFO)
    logger.addHandler(_Stderr())
    return logger


progress_logger = dg.LoggerDefinition(_progress, description="Progress for people, on stderr.")
