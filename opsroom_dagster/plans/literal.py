"""Texts of documents as data in a plan."""

import re


def literal(text: str) -> str:
    """``text`` on one line and without double braces, so that no document can smuggle an interpolation into a plan."""
    return re.sub(r"\{(?=\{)", "{ ", " ".join(text.split()))
