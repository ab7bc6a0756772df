"""A step that reads a migration before anyone runs it: what it destroys, and what has no place in a transaction."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from opsroom_dagster.errors import StepError
from opsroom_dagster.plans.model import Json
from opsroom_dagster.runtime.context import StepContext

_TRANSACTION = {"BEGIN", "START", "COMMIT", "END", "ROLLBACK", "ABORT", "PREPARE", "VACUUM"}
"""First words of statements that end the transaction around them, or that cannot stand in one."""
_HARMLESS = {"NOT", "DEFAULT", "IDENTITY", "EXPRESSION"}
"""What ``ALTER COLUMN … DROP`` takes away without losing data."""


@dataclass(frozen=True)
class _Word:
    text: str
    line: int


def lint(context: StepContext) -> Json:
    """Read the PostgreSQL in ``args.sql``; comments, texts and bodies of functions are not looked into.

    Outputs: ``statements``, how many; and lists of ``line <n>: <statement>``: ``destructive`` (drops, truncates,
    deletes, renames, changes a type), ``transaction`` (ends the transaction, or cannot run in one), ``commands``
    (commands of psql, or programs on the server). What would undo the migration, ``args.undo``, is judged as well, but
    it may be destructive.

    Raises:
        StepError: the text is no SQL.
    """
    statements = _statements(context.step.args["sql"])
    all_of_it = statements + _statements(context.step.args.get("undo", ""))
    return {
        "statements": len(statements),
        "destructive": [_shown(words) for words in statements if _destroys(words)],
        "transaction": [_shown(words) for words in all_of_it if _leaves_transaction(words)],
        "commands": [_shown(words) for words in all_of_it if _commands(words)],
    }


def _destroys(words: Sequence[_Word]) -> bool:
    texts = [word.text for word in words]
    dropped = (after for word, after in zip(texts, [*texts[1:], ""], strict=True) if word == "DROP")
    return (
        any(what not in _HARMLESS for what in dropped)
        or texts[0] in ("TRUNCATE", "DELETE")
        or "RENAME" in texts
        or (texts[:2] == ["ALTER", "TABLE"] and "TYPE" in texts)
    )


def _leaves_transaction(words: Sequence[_Word]) -> bool:
    return words[0].text in _TRANSACTION or any(word.text == "CONCURRENTLY" for word in words)


def _commands(words: Sequence[_Word]) -> bool:
    texts = {word.text for word in words}
    return "\\" in texts or (words[0].text == "COPY" and "PROGRAM" in texts)


def _statements(sql: str) -> list[list[_Word]]:
    found: list[list[_Word]] = [[]]
    for word in _words(sql):
        if word.text == ";":
            found.append([])
        else:
            found[-1].append(word)
    return [words for words in found if words]


def _words(sql: str) -> Iterator[_Word]:
    """Words in capitals and signs; what is quoted becomes ``…``."""
    from sqlglot import tokenize
    from sqlglot.errors import SqlglotError

    try:
        tokens = tokenize(sql, read="postgres")
    except SqlglotError as error:
        raise StepError(f"the migration is no SQL: {' '.join(str(error).split())}") from error
    for token in tokens:
        quoted = token.token_type.name.endswith(("STRING", "IDENTIFIER"))
        yield _Word("…" if quoted else token.text.upper(), token.line)


def _shown(words: Sequence[_Word]) -> str:
    text = " ".join(word.text for word in words[:12])
    return f"line {words[0].line}: {text}{' …' if len(words) > 12 else ''}"
