"""A step that uses a skill → the skill's own steps, inlined: what is executed knows tools and stages only.

The step ``deploy`` of the skill ``infra_deploy`` becomes ``deploy-previous``, ``deploy-switch`` and so on:

- The skill's first steps wait for what the step waited for, and what waited for the step waits for the skill's last
  step; there is one last step, because what follows may name all outputs of the skill.
- ``{{inputs.x}}`` inside the skill is the step's argument ``x``: a value, or a reference to one, put in its place by
  ``plans.rebind``. Arguments that are only known when the plan runs are held against the input schema by a
  precondition.
- ``{given: x, value: …}`` in the place of a value is there when the step has the argument ``x``.
- Outputs are rewritten, not copied: the skill says in its output schema where each comes from
  (``x-from: {{steps.…}}``), and ``{{steps.deploy.outputs.version}}`` becomes that reference. A verifier of the last
  step holds them against the output schema.
- Preconditions of the step are those of the skill's first steps; its verifiers and rollback, and the skill's verifiers,
  are those of the last one.
- The constraints of the skill are enforced: ``max_runtime_ms`` becomes timeouts of which no way through the skill can
  exceed the sum, ``allowed_envs`` is compared with the plan's environment now and again by a precondition, and
  ``tools`` is all that the skill can call, in actions, rollbacks and verifiers.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from opsroom_dagster.errors import InputError
from opsroom_dagster.plans.interpolate import references
from opsroom_dagster.plans.judges import Judges
from opsroom_dagster.plans.model import Json, Plan, PlanMetadata, Skill, Step, Tool, Verifier
from opsroom_dagster.plans.rebind import KEEP, rebind
from opsroom_dagster.plans.schemas import with_schema_defaults
from opsroom_dagster.plans.secret_names import names_secret
from opsroom_dagster.plans.skill_contract import (
    LONGEST_ID,
    ends,
    environment_verifier,
    inputs_verifier,
    outputs_verifier,
    require_allowed,
)
from opsroom_dagster.plans.skill_times import shared_timeouts
from opsroom_dagster.plans.skill_use import ALONE, Binding, SkillUse, braced, descend, mapped, path_of

MAX_DEPTH = 5
"""Skills inside of skills."""


def inline_skills(plan: Plan, skills: Mapping[str, Skill], tools: Mapping[str, Tool] | None = None) -> Plan:
    """The plan with the steps of skills in the place of those that use them.

    Args:
        tools: with them, verifiers of a skill may only use kinds of tools that the skill may call.

    Raises:
        InputError: a skill is not known, uses itself, or is used against its contract; the place is named.
    """
    if all(step.kind != "skill" for step in plan.steps):
        return plan
    return _Inlining(plan.inputs, skills, tools or {}).plan(plan)


def skill_plan(
    skill: Skill,
    inputs: Mapping[str, Any],
    skills: Mapping[str, Skill] | None = None,
    tools: Mapping[str, Tool] | None = None,
) -> Plan:
    """A plan of the skill alone. Its steps keep their ids; its outputs are the plan's expected outputs.

    Raises:
        InputError: the inputs do not fit the skill's input schema, every mistake is named; or see ``inline_skills``.
    """
    values = with_schema_defaults(inputs, skill.input_schema)
    found = sorted(f"{place or '/'}: {message}" for place, message in Judges().of_values(values, skill.input_schema))
    if found:
        raise InputError(
            f"the inputs do not fit the skill {skill.id!r}: {'; '.join(found)}.",
            remedy=f"It takes: {', '.join(skill.input_schema.get('properties', {})) or 'none'}.",
        )
    only = Step(
        id=ALONE,
        idx=0,
        title=skill.name,
        kind="skill",
        skill=skill.id,
        action="run",
        args={name: braced(("inputs", name)) for name in values},
    )
    outputs = cast(Json, skill.output_schema.get("properties", {}))
    plan = Plan(
        id=skill.id,
        kind="skill",
        title=skill.name,
        description=skill.description,
        steps=(only,),
        inputs=dict(sorted(values.items())),
        expectedOutputs={name: braced(("steps", ALONE, "outputs", name)) for name in outputs},
        metadata=PlanMetadata(source=f"skill:{skill.id}"),
    )
    return _Inlining(values, {**(skills or {}), skill.id: skill}, tools or {}).plan(plan)


@dataclass
class _Inlining:
    inputs: Json
    skills: Mapping[str, Skill]
    tools: Mapping[str, Tool]
    outputs: dict[str, Json] = field(default_factory=dict[str, Json])
    """Of steps that used a skill: each output as a value or a reference."""
    last: dict[str, str] = field(default_factory=dict[str, str])
    """Step that used a skill → the skill's last step."""
    members: dict[str, tuple[SkillUse, list[str]]] = field(default_factory=dict[str, tuple[SkillUse, list[str]]])
    """Of steps that used a skill: the use, and the ids of all steps that it became."""

    def plan(self, plan: Plan) -> Plan:
        waiting: list[tuple[Step, tuple[SkillUse, ...]]] = [(step, ()) for step in reversed(plan.steps)]
        steps: list[Step] = []
        while waiting:
            step, around = waiting.pop()
            if step.kind != "skill":
                steps.append(step)
                for outer in around:
                    self.members[outer.step.id][1].append(step.id)
                continue
            use = self._use(step, around)
            self.members[step.id] = (use, [])
            waiting += [(inner, (*around, use)) for inner in reversed(self._one_level(use))]
        self._require_unique([*(step.id for step in steps), *self.last])
        steps = [self._rewired(step, idx) for idx, step in enumerate(steps)]
        expected = rebind(plan.expected_outputs, self._output)
        return plan.model_copy(update={"steps": tuple(self._in_time(steps)), "expected_outputs": expected})

    def _use(self, step: Step, around: tuple[SkillUse, ...]) -> SkillUse:
        skill = self.skills.get(step.skill or "")
        if skill is None:
            known = ", ".join(sorted(self.skills)) or "none"
            raise InputError(f"the step {step.id!r}: there is no skill {step.skill!r}; known: {known}.")
        use = SkillUse(step, skill, with_schema_defaults(step.args, skill.input_schema), around)
        if any(outer.skill.id == skill.id for outer in around):
            raise use.error("a skill cannot use itself.")
        if len(around) >= MAX_DEPTH:
            raise use.error(f"skills are nested more than {MAX_DEPTH} deep.")
        mistakes = [f"{at or '/'}: {text}" for at, text in Judges().of_arguments(step.args, skill.input_schema)]
        if mistakes:
            raise use.error(f"the arguments do not fit: {'; '.join(sorted(mistakes))}.")
        if step.retry_policy is not None:
            raise use.error("a skill is not repeated as a whole.", "Leave out retryPolicy; its own steps have some.")
        for name, value in use.args.items():
            names = names_secret(skill.input_schema, (name,))
            if not names and any(found.path[:1] == ("secrets",) for found in references(value)):
                raise use.error(f"the argument {name!r} holds a secret.", "Name secrets by inputs meant for them.")
        return use

    def _one_level(self, use: SkillUse) -> list[Step]:
        """The steps of a skill as steps of the plan; they may use skills themselves."""
        skill, ids = use.skill, use.inner_ids
        require_allowed(use, self.tools)
        first, last = ends(use)
        environment = environment_verifier(use, self.inputs)
        binding = Binding(use, self.inputs)
        steps: list[Step] = []
        for inner in skill.steps:
            if len(ids[inner.id]) > LONGEST_ID:
                raise use.error(f"the id {ids[inner.id]!r} is longer than {LONGEST_ID}.", "Give the step a short id.")
            bound = binding.bound(inner).model_copy(update={"id": ids[inner.id]})
            if inner.id in first:
                before = (*environment, *inputs_verifier(use), *use.step.preconditions)
                bound = bound.model_copy(
                    update={
                        "depends_on": use.step.depends_on,
                        "preconditions": _together(use, before, bound.preconditions),
                    }
                )
            if inner.id == last:
                bound = self._with_end(use, binding, bound)
            steps.append(bound)
        self.outputs[use.step.id] = binding.outputs()
        self.last[use.step.id] = ids[last]
        return steps

    def _with_end(self, use: SkillUse, binding: Binding, last: Step) -> Step:
        if use.step.rollback and last.rollback:
            raise use.error(f"its last step {last.id!r} has a rollback of its own.", "Leave out the step's.")
        of_skill = [binding.verifier(verifier) for verifier in use.skill.verifiers]
        after = (*of_skill, *outputs_verifier(use, binding.outputs()), *use.step.verifiers)
        return last.model_copy(
            update={
                "verifiers": _together(use, last.verifiers, after),
                "rollback": last.rollback or use.step.rollback,
            }
        )

    def _rewired(self, step: Step, idx: int) -> Step:
        needs = tuple(dict.fromkeys(self._last(need) for need in step.depends_on))
        changed = mapped(step, lambda value: rebind(value, self._output)) if self.outputs else step
        return changed.model_copy(update={"idx": idx, "depends_on": needs})

    def _last(self, name: str) -> str:
        while name in self.last:
            name = self.last[name]
        return name

    def _output(self, inner: str) -> Any:
        path = path_of(f"{{{{{inner}}}}}")
        if path[:1] != ("steps",) or path[1] not in self.outputs:
            return KEEP
        known = self.outputs[path[1]]
        if path[3] not in known:
            has = ", ".join(sorted(known)) or "none"
            raise InputError(f"{{{{{inner}}}}}: the step {path[1]!r} has no output {path[3]!r}; it has {has}.")
        # What an output stands for may be an output of a skill inside.
        return rebind(descend(known[path[3]], path[4:], inner), self._output)

    def _in_time(self, steps: Sequence[Step]) -> Iterator[Step]:
        """Steps with the timeouts that the skills around them leave."""
        by_id = {step.id: step for step in steps}
        shares: dict[str, int] = {}
        for use, ids in self.members.values():
            limits = (use.step.timeout_ms, use.skill.constraints.max_runtime_ms)
            budget = min((limit for limit in limits if limit is not None), default=None)
            if budget is not None:
                for name, share in shared_timeouts([by_id[name] for name in ids], budget, use.place).items():
                    shares[name] = min(share, shares.get(name, share))
        for step in steps:
            yield step.model_copy(update={"timeout_ms": shares[step.id]}) if step.id in shares else step

    def _require_unique(self, names: Iterable[str]) -> None:
        seen: set[str] = set()
        for name in names:
            if name in seen:
                raise InputError(f"two steps have the id {name!r} once skills are inlined.", remedy="Rename one.")
            seen.add(name)


def _together(use: SkillUse, first: Sequence[Verifier], then: Sequence[Verifier]) -> tuple[Verifier, ...]:
    names = [verifier.id for verifier in (*first, *then)]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise use.error(f"two verifiers would have the id {twice[0]!r}.", "Rename the step's.")
    return (*first, *then)
