"""Python sources and expressions as syntax trees, for judges that run side by side."""

import ast
from threading import Lock

# CPython 3.11 and 3.12 count the depth of trees per interpreter: two threads that parse at once make one of them
# raise "AST constructor recursion depth mismatch" (python/cpython#106905). It can go with 3.13 as the oldest.
_one_at_a_time = Lock()


def module(source: bytes) -> ast.Module:
    """The tree of a file.

    Raises:
        SyntaxError, ValueError: it is no Python.
    """
    with _one_at_a_time:
        return ast.parse(source)


def expression(text: str) -> ast.Expression | None:
    """The tree of an expression; None: it is none."""
    try:
        with _one_at_a_time:
            return ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError):
        return None
