"""Steps as templates and skills write them: what they leave out is filled in.

A step with ``tool`` is of kind ``tool`` and its action is ``call``; with ``skill`` it is of kind ``skill`` and its
action is ``run``. Any other is of kind ``system`` and a stage: its action is ``opsroom_dagster.stages.<step id>:run``,
and its verifiers are of kind ``custom`` with the entry point ``opsroom_dagster.stages.<step id>:<verifier id>``.
"""

from typing import Any

from opsroom_dagster.plans.model import Json

STAGES = "opsroom_dagster.stages"


def complete(step: Json, idx: int) -> Json:
    """A step with all that the model asks for; ``idx`` is its place."""
    filled: Json = {**_usual(step), **step, "idx": idx}
    for key in ("preconditions", "verifiers"):
        filled[key] = [_verifier(verifier, step["id"], filled["kind"]) for verifier in step.get(key, [])]
    if rollback := step.get("rollback"):
        verifiers = [_verifier(verifier, step["id"], filled["kind"]) for verifier in rollback.get("verifiers", [])]
        filled["rollback"] = {"action": "call", **rollback, "verifiers": verifiers}
    return filled


def load_yaml(text: str) -> Any:
    """A file of ours: YAML without tags of Python's own."""
    import yaml

    # libyaml is ten times faster; wheels without it exist.
    return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both are safe loaders


def _usual(step: Json) -> Json:
    if "tool" in step:
        return {"kind": "tool", "action": "call"}
    if "skill" in step:
        return {"kind": "skill", "action": "run"}
    return {"kind": "system", "action": f"{STAGES}.{step['id']}:run"}


def _verifier(verifier: Json, step: str, kind: str) -> Json:
    filled: Json = {"kind": "custom", **verifier} if kind == "system" else verifier
    if filled.get("kind") == "custom" and kind == "system":
        filled["config"] = {"entrypoint": f"{STAGES}.{step}:{verifier['id']}", **verifier.get("config", {})}
    return filled
