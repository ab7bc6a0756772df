"""Find every mistake of a plan at once, each with its place, before anything runs."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, cast

from pydantic import ValidationError

from opsroom_dagster.plans.arguments import argument_problems, input_problems
from opsroom_dagster.plans.graph import ancestors, cycles
from opsroom_dagster.plans.interpolate import Reference, escape_pointer, references
from opsroom_dagster.plans.model import APPROVE, Plan, Skill, Tool
from opsroom_dagster.plans.problems import Problem, in_order
from opsroom_dagster.plans.raw import Raw, a_text, an_object, needs, objects, positions, verifier_groups
from opsroom_dagster.plans.scripts import script_problems
from opsroom_dagster.plans.skill_check import use_problems
from opsroom_dagster.plans.timeouts import time_problems
from opsroom_dagster.plans.verifier_configs import config_problems

_ENTRY_POINT = re.compile(r"opsroom_dagster(?:\.[a-z][a-z0-9_]*)+:[a-z][a-z0-9_]*")
_FORMS = "{{inputs.x}}, {{steps.<id>.outputs.y}} or {{secrets.NAME}}"


def check_plan(
    plan: Plan | Raw, tools: Mapping[str, Tool] | None = None, skills: Mapping[str, Skill] | None = None
) -> list[Problem]:
    """All problems, by place; none: the plan can be run.

    Args:
        plan: also a raw JSON object that is no valid plan; then its shape is reported too.
        tools: the tools that exist, by id; skills likewise.
    """
    if isinstance(plan, Plan):
        raw, problems = cast(Raw, plan.model_dump(mode="json", by_alias=True)), list[Problem]()
    else:
        raw, problems = plan, list(_shape(plan))
    steps = [(index, step) for index, step in enumerate(objects(raw.get("steps")))]
    problems += _identities(steps)
    problems += _graph(steps)
    problems += _actions(steps, tools or {}, skills or {})
    problems += _references(raw, steps, tools or {}, skills or {})
    unfit = list(argument_problems(steps, tools or {}, skills or {}))
    problems += unfit
    told = {problem.step for problem in unfit}
    fit = [(index, step) for index, step in steps if a_text(step.get("id")) not in told]
    problems += use_problems(raw, fit, tools or {}, skills or {})
    problems += input_problems(raw, skills or {})
    problems += script_problems(steps, tools or {})
    problems += time_problems(raw, steps, skills or {})
    problems += config_problems(steps)
    return in_order(problems)


def _shape(raw: Raw) -> Iterator[Problem]:
    try:
        Plan.model_validate(raw)
    except ValidationError as error:
        for detail in error.errors(include_url=False, include_context=False, include_input=False):
            place = "".join(f"/{escape_pointer(str(part))}" for part in detail["loc"])
            match detail["loc"]:
                case ("steps", int(index), *_):
                    name = a_text(objects(raw.get("steps"))[index].get("id"))
                case _:
                    name = ""
            yield Problem(place, detail["msg"], name or None)


def _identities(steps: list[tuple[int, Raw]]) -> Iterator[Problem]:
    first: dict[str, int] = {}
    for index, step in steps:
        name = a_text(step.get("id"))
        if name and first.setdefault(name, index) != index:
            yield Problem(f"/steps/{index}/id", f"the id {name!r} is used by step {first[name]} already", name)
        if isinstance(step.get("idx"), int) and step["idx"] != index:
            yield Problem(f"/steps/{index}/idx", f"idx is {step['idx']}, but the step is number {index}", name or None)
        for group, pointer in verifier_groups(step):
            names = [a_text(verifier.get("id")) for verifier in group]
            for position, verifier in enumerate(names):
                if verifier and verifier in names[:position]:
                    place = f"/steps/{index}{pointer}/{position}/id"
                    yield Problem(
                        place, f"the id {verifier!r} is used by an earlier verifier of the list", name or None
                    )


def _graph(steps: list[tuple[int, Raw]]) -> Iterator[Problem]:
    position = positions(steps)
    graph = {name: [need for need in needs(steps[index][1]) if need in position] for name, index in position.items()}
    found = cycles(graph)
    for cycle in found:
        way = " → ".join([*cycle, cycle[0]])
        yield Problem(f"/steps/{position[cycle[0]]}/dependsOn", f"the steps depend on each other: {way}", cycle[0])
    in_cycle = {name for cycle in found for name in cycle}
    for index, step in steps:
        name = a_text(step.get("id")) or None
        seen: set[str] = set()
        for number, need in enumerate(needs(step)):
            place = f"/steps/{index}/dependsOn/{number}"
            if need not in position:
                yield Problem(place, f"there is no step {need!r}", name)
            elif need in seen:
                yield Problem(place, f"{need!r} is named twice", name)
            elif position[need] > index and not {name, need} <= in_cycle:
                yield Problem(place, f"{need!r} comes later; put steps after what they depend on", name)
            seen.add(need)


def _actions(steps: list[tuple[int, Raw]], tools: Mapping[str, Tool], skills: Mapping[str, Skill]) -> Iterator[Problem]:
    for index, step in steps:
        name, place, kind = a_text(step.get("id")) or None, f"/steps/{index}", step.get("kind")
        for wanted, known in (("tool", tools), ("skill", skills)):
            value = step.get(wanted)
            if kind == wanted and not value:
                yield Problem(place, f"a step of kind {wanted} names its {wanted}", name)
            elif value and kind != wanted:
                yield Problem(f"{place}/{wanted}", f"a step of kind {kind} has no {wanted}", name)
            elif value and a_text(value) not in known:
                yield Problem(f"{place}/{wanted}", _unknown(wanted, value, known), name)
        action = a_text(step.get("action"))
        if kind == "system" and action != APPROVE and action and not _ENTRY_POINT.fullmatch(action):
            message = f"a system action is {APPROVE!r} or a function inside opsroom_dagster., not {action!r}"
            yield Problem(f"{place}/action", message, name)
        rollback = an_object(step.get("rollback"))
        if rollback.get("tool") and a_text(rollback["tool"]) not in tools:
            yield Problem(f"{place}/rollback/tool", _unknown("tool", rollback["tool"], tools), name)
        back = a_text(rollback.get("action"))
        if rollback and not rollback.get("tool") and back and back != APPROVE and not _ENTRY_POINT.fullmatch(back):
            yield Problem(
                f"{place}/rollback/action",
                f"an action without a tool is a function inside opsroom_dagster., not {back!r}",
                name,
            )


def _references(
    raw: Raw, steps: list[tuple[int, Raw]], tools: Mapping[str, Tool], skills: Mapping[str, Skill]
) -> Iterator[Problem]:
    position = positions(steps)
    graph = {name: [need for need in needs(steps[index][1]) if need in position] for name, index in position.items()}
    before = ancestors(graph)
    outputs = {name: _outputs(steps[index][1], tools, skills) for name, index in position.items()}
    inputs = an_object(raw.get("inputs"))
    everything = (1 << len(position)) - 1
    bit = {name: 1 << place for place, name in enumerate(graph)}
    for index, step in steps:
        name = a_text(step.get("id"))
        earlier = before.get(name, 0)
        # A step's own outputs exist once it has run: for its verifiers and its rollback.
        parts = (
            ("args", step.get("args"), earlier),
            ("preconditions", step.get("preconditions"), earlier),
            ("verifiers", step.get("verifiers"), earlier | bit.get(name, 0)),
            ("rollback", step.get("rollback"), earlier | bit.get(name, 0)),
        )
        for key, value, allowed in parts:
            for reference in references(value, f"/steps/{index}/{key}"):
                message = _wrong(reference, inputs, bit, allowed, outputs)
                if message:
                    yield Problem(reference.pointer, message, name or None)
    for reference in references(raw.get("expectedOutputs", raw.get("expected_outputs")), "/expectedOutputs"):
        message = _wrong(reference, inputs, bit, everything, outputs)
        if message:
            yield Problem(reference.pointer, message)


def _wrong(
    reference: Reference, inputs: Raw, bit: dict[str, int], allowed: int, outputs: dict[str, set[str] | None]
) -> str | None:
    match reference.path:
        case ():
            return f"{reference.text!r} is no interpolation; use {_FORMS}"
        case ("inputs", name, *_) if name not in inputs:
            return f"{reference.text!r}: there is no input {name!r}; inputs: {', '.join(inputs) or 'none'}"
        case ("steps", name, *_) if name not in bit:
            return f"{reference.text!r}: there is no step {name!r}"
        case ("steps", name, *_) if not bit[name] & allowed:
            return f"{reference.text!r}: the step does not depend on {name!r}, so that may not have run"
        case ("steps", name, _, output, *_):
            known = outputs[name]
            if known is not None and output not in known:
                has = ", ".join(sorted(known))
                return f"{reference.text!r}: the step {name!r} has no output {output!r}; it has {has}"
        case _:
            pass
    return None


def _outputs(step: Raw, tools: Mapping[str, Tool], skills: Mapping[str, Skill]) -> set[str] | None:
    """The names of a step's outputs, where its tool or skill declares them."""
    tool = tools.get(a_text(step.get("tool"))) if step.get("kind") == "tool" else None
    used = tool or (skills.get(a_text(step.get("skill"))) if step.get("kind") == "skill" else None)
    return set(an_object(used.output_schema.get("properties"))) or None if used else None


def _unknown(kind: str, value: Any, known: Mapping[str, Any]) -> str:
    return f"there is no {kind} {value!r}; known: {', '.join(sorted(known)) or 'none'}"
