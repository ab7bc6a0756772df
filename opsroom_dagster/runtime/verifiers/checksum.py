"""Files of the step's folder have the digests that they should have, or the whole folder has."""

from collections.abc import Callable

from opsroom_dagster.errors import CancelledError, StepError, StepTimeoutError
from opsroom_dagster.plans.model import Json
from opsroom_dagster.runtime.context import StepContext
from opsroom_dagster.runtime.model import Verdict
from opsroom_dagster.runtime.verifiers import _folder

_DIGEST: Json = {
    "type": "string",
    "pattern": "^(sha256:)?[0-9a-fA-F]{64}$",
    "$comment": "a digest is `sha256:` and 64 hexadecimal digits",
}
CONFIG: Json = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "files": {
            "description": "Path inside the step's folder → SHA-256 of the file.",
            "type": "object",
            "minProperties": 1,
            "maxProperties": 1_000,
            "additionalProperties": _DIGEST,
        },
        "tree": {
            "description": "A folder inside the step's folder (all of it: `.`) and the digest of its files.",
            "type": "object",
            "additionalProperties": False,
            "required": ["digest"],
            "properties": {"path": {"type": "string", "default": "."}, "digest": _DIGEST},
        },
    },
    "anyOf": [{"required": ["files"]}, {"required": ["tree"]}],
    "$comment": "give `files` or `tree`",
}
_FOREVER = 1e9


def judge(config: Json, context: StepContext) -> Verdict:
    """All digests are equal; the evidence holds both of each."""
    expected: dict[str, str] = {path: _plain(digest) for path, digest in config.get("files", {}).items()}
    found: dict[str, str] = {path: _file(context, path) for path in expected}
    if "tree" in config:
        path = config["tree"].get("path", ".")
        expected[f"{path}/"] = _plain(config["tree"]["digest"])
        found[f"{path}/"] = _tree(context, path)
    wrong = [path for path, digest in expected.items() if found[path] != digest]
    if wrong:
        more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
        summary = f"{wrong[0]}: expected {expected[wrong[0]]}, found {found[wrong[0]]}{more}"
        return Verdict.failed(summary, expected=expected, found=found, wrong=wrong)
    return Verdict.passed(f"{len(expected)} digests are as expected", expected=expected, found=found)


def _file(context: StepContext, path: str) -> str:
    return _found(lambda: _folder.digest_file(context.output, path, lambda: context.remaining(_FOREVER)))


def _tree(context: StepContext, path: str) -> str:
    return _found(lambda: _folder.digest_tree(context.output, path, lambda: context.remaining(_FOREVER)))


def _found(look: Callable[[], str]) -> str:
    try:
        return look()
    except (CancelledError, StepTimeoutError):
        raise
    except StepError as error:
        return f"nothing: {error}"


def _plain(digest: str) -> str:
    return f"sha256:{digest.lower().removeprefix('sha256:')}"
