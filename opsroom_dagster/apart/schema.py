"""Program: match a value with a JSON Schema (draft 2020-12). ``{schema, value, most}`` → ``[[path, message], …]``."""

import itertools
import json
import resource
import sys
from functools import lru_cache
from typing import Any

SECONDS = 60
"""Of processor time: should whoever asked be gone, this ends all the same."""
MEMORY = 2 << 30
MESSAGE = 500
"""Characters of a message: it quotes the value."""


def answer(question: dict[str, Any]) -> list[tuple[list[str], str]]:
    """The first mistakes, at most so many.

    Raises:
        ValueError: the schema is none, or a reference in it leads nowhere. References to elsewhere are not followed.
    """
    from referencing.exceptions import Unresolvable

    errors = _validator(json.dumps(question["schema"])).iter_errors(question["value"])
    try:
        return [
            ([str(part) for part in error.absolute_path], error.message[:MESSAGE])
            for error in itertools.islice(errors, question["most"])
        ]
    except Unresolvable as error:
        raise ValueError(f"the schema refers to {str(error.ref)[:MESSAGE]!r}, which is not inside it") from error


@lru_cache(256)
def _validator(schema: str) -> Any:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError
    from jsonschema_specifications import REGISTRY

    try:
        Draft202012Validator.check_schema(json.loads(schema))
    except SchemaError as error:
        raise ValueError(f"the schema is wrong at {error.json_path}: {error.message[:MESSAGE]}") from error
    # The default registry would fetch what a reference names, from any address.
    return Draft202012Validator(json.loads(schema), registry=REGISTRY)


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    try:
        json.dump(answer(json.load(sys.stdin)), sys.stdout)
    except ValueError as wrong:
        sys.stderr.write(str(wrong))
        sys.exit(2)
