"""One use of a skill by a step, and how what stands inside the skill reads in the plan around it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from opsroom_dagster.errors import InputError
from opsroom_dagster.plans.choices import chosen
from opsroom_dagster.plans.interpolate import is_reference, references
from opsroom_dagster.plans.model import Json, Rollback, Skill, Step, Verifier
from opsroom_dagster.plans.rebind import KEEP, rebind
from opsroom_dagster.plans.secret_names import names_secret, secret_reference

ALONE = "skill-alone"
"""The id of the step by which a skill is run on its own; it leaves no trace."""
FROM = "x-from"
"""The keyword of an output schema's property that says which reference the output is."""


@dataclass(frozen=True)
class SkillUse:
    """One use of a skill.

    Attributes:
        args: with defaults; values, and references of the plan around it.
        around: the uses of skills that this one stands in, the outermost first.
    """

    step: Step
    skill: Skill
    args: Json
    around: tuple["SkillUse", ...]

    @property
    def place(self) -> str:
        """For messages."""
        way = " → ".join([*(use.skill.id for use in self.around), self.skill.id])
        outermost = self.around[0] if self.around else self
        return f"the skill {way}" if outermost.step.id == ALONE else f"the step {outermost.step.id!r} (skill {way})"

    @property
    def inner_ids(self) -> dict[str, str]:
        """Id inside the skill → id in the plan."""
        prefix = "" if self.step.id == ALONE else f"{self.step.id}-"
        return {step.id: f"{prefix}{step.id}" for step in self.skill.steps}

    def error(self, message: str, remedy: str | None = None) -> InputError:
        """An error that names the place."""
        return InputError(f"{self.place}: {message}", remedy=remedy)


@dataclass(frozen=True)
class Binding:
    """What stands inside a skill, in terms of the plan around it."""

    use: SkillUse
    plan_inputs: Json

    def bound(self, step: Step) -> Step:
        """One of the skill's own steps, but for its id."""
        ids = self.use.inner_ids
        needs = tuple(ids.get(need, need) for need in step.depends_on)
        return mapped(step, self._value).model_copy(update={"depends_on": needs})

    def verifier(self, verifier: Verifier) -> Verifier:
        """One of the skill's own verifiers."""
        return verifier.model_copy(update={"config": self._value(verifier.config)})

    def outputs(self) -> Json:
        """Each output of the skill as a value or a reference."""
        found: Json = {}
        for name, schema in cast(dict[str, Json], self.use.skill.output_schema.get("properties", {})).items():
            origin = schema.get(FROM)
            if not isinstance(origin, str) or not is_reference(origin):
                raise self.use.error(f"the skill does not say where its output {name!r} comes from ({FROM}).")
            found[name] = self._value(origin)
        return found

    def _value(self, value: Any) -> Any:
        return rebind(chosen(value, self.use.args.__contains__, self._spread), self._lookup)

    def _spread(self, name: str) -> list[Any]:
        raise self.use.error(f"{name!r} cannot be spread: its entries may only be known when the plan runs.")

    def _lookup(self, inner: str) -> Any:
        path = path_of(f"{{{{{inner}}}}}")
        match path:
            case ("inputs", name, *rest):
                return self._input(inner, name, rest)
            case ("steps", name, *rest):
                ids = self.use.inner_ids
                if name not in ids:
                    raise self.use.error(f"{{{{{inner}}}}}: the skill has no step {name!r}.")
                return braced(("steps", ids[name], *rest))
            case _:
                return KEEP

    def _input(self, inner: str, name: str, rest: Sequence[str]) -> Any:
        args, schema = self.use.args, self.use.skill.input_schema
        if name not in args:
            raise self.use.error(f"{{{{{inner}}}}}: the input {name!r} is not given and has no default.")
        value = descend(args[name], rest, inner)
        if not names_secret(schema, (name, *rest)) or path_of(value)[:1] == ("secrets",):
            return value
        path = path_of(value)
        if path[:1] == ("inputs",):
            value = descend(self.plan_inputs.get(path[1]), path[2:], inner)
        return secret_reference(f"{self.use.place}: {name}", value)


def mapped(step: Step, change: Callable[[Any], Any]) -> Step:
    """The step with ``change`` applied to all values that can hold interpolations."""

    def verifiers(group: tuple[Verifier, ...]) -> tuple[Verifier, ...]:
        return tuple(verifier.model_copy(update={"config": change(verifier.config)}) for verifier in group)

    rollback: Rollback | None = step.rollback and step.rollback.model_copy(
        update={"args": change(step.rollback.args), "verifiers": verifiers(step.rollback.verifiers)}
    )
    return step.model_copy(
        update={
            "args": change(step.args),
            "preconditions": verifiers(step.preconditions),
            "verifiers": verifiers(step.verifiers),
            "rollback": rollback,
        }
    )


def descend(value: Any, path: Sequence[str], inner: str) -> Any:
    """The part of a value that ``path`` leads to; of a reference, a longer reference.

    Raises:
        InputError: it leads to nothing; ``inner`` is what the message names.
    """
    for depth, part in enumerate(path):
        if isinstance(value, str) and is_reference(value):
            return f"{{{{{value[2:-2].strip()}.{'.'.join(path[depth:])}}}}}"
        if isinstance(value, Mapping) and part in value:
            value = cast(Json, value)[part]
        elif isinstance(value, list) and part.isdecimal() and int(part[:9]) < len(cast(list[Any], value)):
            value = cast(list[Any], value)[int(part[:9])]
        else:
            raise InputError(f"{{{{{inner}}}}} points to nothing: there is no {part!r}.")
    return value


def path_of(value: Any) -> tuple[str, ...]:
    """Where a string that is one reference points to; empty for anything else."""
    if not isinstance(value, str) or not is_reference(value):
        return ()
    return next(references(value)).path


def braced(path: Sequence[str]) -> str:
    """The reference to a path."""
    return f"{{{{{'.'.join(path)}}}}}"
