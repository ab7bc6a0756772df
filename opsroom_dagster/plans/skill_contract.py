"""The contract of a skill, held when it is inlined: its shape, its constraints, its input and output schema."""

from collections.abc import Iterator, Mapping
from typing import Any, cast

from opsroom_dagster.plans.graph import cycles, in_dependency_order
from opsroom_dagster.plans.interpolate import references
from opsroom_dagster.plans.model import Json, Skill, Step, Tool, Verifier
from opsroom_dagster.plans.secret_names import names_secret
from opsroom_dagster.plans.skill_use import FROM, SkillUse, braced, path_of

ENVIRONMENT = "environment"
"""The input, of a skill or else of the plan, that ``allowed_envs`` is compared with."""
LONGEST_ID = 100
_SOME_SECRET = "SECRET"  # noqa: S105 - a name


def ends(use: SkillUse) -> tuple[set[str], str]:
    """The ids of a skill's first steps, and of its last one.

    Raises:
        InputError: its steps depend on each other, or it has no last step that waits for all others.
    """
    graph = {step.id: [need for need in step.depends_on if need in use.inner_ids] for step in use.skill.steps}
    for cycle in cycles(graph):
        raise use.error(f"its steps depend on each other: {' → '.join([*cycle, cycle[0]])}.")
    needed = {need for needs in graph.values() for need in needs}
    last = [name for name in in_dependency_order(graph) if name not in needed]
    if len(last) != 1:
        raise use.error(
            f"the skill ends in {len(last)} steps: {', '.join(last) or 'none'}.",
            remedy="Let one last step depend on the others.",
        )
    return {name for name, needs in graph.items() if not needs}, last[0]


def environment_verifier(use: SkillUse, inputs: Json) -> tuple[Verifier, ...]:
    """The environment is among the allowed ones: now, and by a precondition when the plan is run.

    Raises:
        InputError: it is not, or it is not known.
    """
    allowed = list(use.skill.constraints.allowed_envs)
    if not allowed:
        return ()
    own = ENVIRONMENT in use.skill.input_schema.get("properties", {})
    value = use.args.get(ENVIRONMENT) if own else braced(("inputs", ENVIRONMENT))
    known, path = value, path_of(value)
    if path[:1] == ("inputs",):
        known = inputs.get(path[1]) if len(path) == 2 else None
    elif path:
        raise use.error("the environment must be known before the plan runs.", "Give it as a value or an input.")
    if known not in allowed:
        raise use.error(
            f"the skill is allowed in {', '.join(allowed)} only, not in {known!r}.",
            remedy=f"State the {'argument' if own else 'input of the plan'} {ENVIRONMENT!r}.",
        )
    described = "The skill is allowed in this environment."
    return (_json_schema(f"environment-of-{use.skill.id}", value, {"enum": allowed}, described),) if path else ()


def require_allowed(use: SkillUse, tools: Mapping[str, Tool]) -> None:
    """Each skill on the way may call every tool that this skill's own steps call.

    Raises:
        InputError: one may not.
    """
    for outer in (*use.around, use):
        allowed = outer.skill.tools
        kinds = {tools[tool].kind for tool in allowed if tool in tools}
        for tool, where in _called(use.skill):
            if tool not in allowed:
                what = f"{where} calls the tool {tool!r}, which the skill {outer.skill.id!r} does not allow"
                raise use.error(f"{what}; it allows {', '.join(allowed) or 'none'}.")
        for kind, where in _verifier_kinds(use.skill) if tools else ():
            if kind not in kinds:
                what = f"{where} is of kind {kind!r}, but no tool of that kind is allowed by {outer.skill.id!r}"
                raise use.error(f"{what}; it allows {', '.join(allowed) or 'none'}.")


def inputs_verifier(use: SkillUse) -> tuple[Verifier, ...]:
    """Arguments that are only known when the plan runs fit the input schema then."""
    schema = use.skill.input_schema
    if not schema or next(references(use.args), None) is None:
        return ()
    # Secrets stay out of verifiers; what was judged of them is the name.
    plain = {name: _SOME_SECRET if names_secret(schema, (name,)) else value for name, value in use.args.items()}
    return (_json_schema(f"inputs-of-{use.skill.id}", plain, schema, "The inputs are as the skill expects them."),)


def outputs_verifier(use: SkillUse, outputs: Json) -> tuple[Verifier, ...]:
    """The outputs fit the output schema."""
    if not outputs:
        return ()
    rules = cast(dict[str, Json], use.skill.output_schema["properties"])
    plain = {name: {key: value for key, value in rule.items() if key != FROM} for name, rule in rules.items()}
    schema = {**use.skill.output_schema, "properties": plain}
    return (_json_schema(f"outputs-of-{use.skill.id}", outputs, schema, "The outputs are as the skill promises them."),)


def _json_schema(name: str, value: Any, schema: Json, description: str) -> Verifier:
    config = {"value": value, "schema": schema}
    return Verifier(id=name[:LONGEST_ID], kind="json_schema", description=description, config=config)


def _called(skill: Skill) -> Iterator[tuple[str, str]]:
    for step in skill.steps:
        for tool in (step.tool, step.rollback.tool if step.rollback else None):
            if tool is not None:
                yield tool, f"its step {step.id!r}"


def _verifier_kinds(skill: Skill) -> Iterator[tuple[str, str]]:
    """Kinds of verifiers that call tools, with their places."""
    groups = [(f"of its step {step.id!r}", list(_verifiers(step))) for step in skill.steps]
    for place, verifiers in [*groups, ("of the skill", list(skill.verifiers))]:
        for verifier in verifiers:
            if verifier.kind in ("http", "shell", "sql"):
                yield verifier.kind, f"the verifier {verifier.id!r} {place}"


def _verifiers(step: Step) -> Iterator[Verifier]:
    yield from (*step.preconditions, *step.verifiers, *(step.rollback.verifiers if step.rollback else ()))
