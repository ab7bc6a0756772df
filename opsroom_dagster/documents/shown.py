"""Text of documents inside Markdown of ours, where it must stay text."""

MARKS = "\\`*_[]<>|#!~&"


def cell(text: str) -> str:
    """For a table cell or a list item: one line, no pipes, no markup of its own."""
    line = " ".join(text.split())
    for mark in MARKS:
        line = line.replace(mark, "\\" + mark)
    return line


def place(file: str, line: int) -> str:
    """Where something stands: ``prd.md:9``."""
    return cell(f"{file}:{line}")
