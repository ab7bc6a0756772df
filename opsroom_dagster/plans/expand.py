"""The steps of a template for given parameters: what depends on the parameters is decided here, as data.

- ``when: {<parameter>: <JSON Schema>}``: a step, or a rollback, that only some plans have. What depends on a step that
  is left out depends on what that one depended on. Two steps of which no plan has both may have one id.
- ``forEach: <parameter>``: one step for each item of a list, ``<id>-1``, ``<id>-2`` and so on. ``{{item.x}}`` becomes
  ``{{inputs.<parameter>.<number>.x}}``: the item itself stays among the inputs.
- ``{spread: <parameter>}`` inside a list: one entry for each item of a list, by reference as well.
- ``{given: <parameter>, value: <anything>}`` in the place of a value: it is there when the parameter is given.
- A parameter with ``format: secret-name`` becomes a reference to that secret, see ``plans.secret_names``.
- In titles and descriptions values stand as plain text, for people.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from opsroom_dagster.errors import InputError
from opsroom_dagster.plans.choices import chosen
from opsroom_dagster.plans.interpolate import braces, interpolate
from opsroom_dagster.plans.judges import parameter_mistakes
from opsroom_dagster.plans.literal import literal
from opsroom_dagster.plans.model import Json, Step
from opsroom_dagster.plans.rebind import KEEP, rebind
from opsroom_dagster.plans.secret_names import names_secret, secret_reference
from opsroom_dagster.plans.templates import PlanTemplate, TemplateStep, as_step

TEXT_LENGTH = 200


def expand_steps(template: PlanTemplate, inputs: Json) -> tuple[Step, ...]:
    """The steps of a plan.

    Raises:
        InputError: none is left, or a parameter cannot stand where the template puts it.
    """
    stands_for: dict[str, list[str]] = {}
    found: list[Step] = []
    for step in template.steps:
        needs = list(dict.fromkeys(need for name in step.depends_on for need in stands_for.get(name, [name])))
        copies = list(_copies(step, inputs)) if _fits(inputs, step.when) else []
        if copies or step.id not in stands_for:
            stands_for[step.id] = [copy.id for copy in copies] or needs
        for copy in copies:
            binding = _Binding(copy, step.id, inputs, template.parameters)
            found.append(binding.bound(step, len(found), needs))
    if not found:
        raise InputError(
            f"with these parameters the template {template.id!r} has no step.",
            remedy=f"It takes: {', '.join(template.parameters.get('properties', {}))}.",
        )
    return tuple(found)


def as_title(text: str, inputs: Json) -> str:
    """A text for people: ``{{inputs.x}}`` in it becomes the value as plain text, on one line."""
    found, place = "", 0
    for start, end in braces(text):
        found += text[place:start]
        try:
            found += _shown(interpolate(text[start:end], {"inputs": inputs, "steps": {}}))
        except InputError:
            found += "…"
        place = end
    told = literal(found + text[place:])
    return told if len(told) <= TEXT_LENGTH else f"{told[: TEXT_LENGTH - 1]}…"


@dataclass(frozen=True)
class _Copy:
    """One step that a template's step becomes; ``item``: where its item stands among the inputs."""

    id: str
    item: tuple[str, ...] = ()


def _copies(step: TemplateStep, inputs: Json) -> Sequence[_Copy]:
    if step.for_each is None:
        return [_Copy(step.id)]
    items = inputs.get(step.for_each, [])
    return [_Copy(f"{step.id}-{place + 1}", ("inputs", step.for_each, str(place))) for place in range(len(items))]


def _fits(inputs: Json, when: Json) -> bool:
    return not parameter_mistakes(inputs, {"required": list(when), "properties": when})


@dataclass(frozen=True)
class _Binding:
    copy: _Copy
    template_id: str
    inputs: Json
    schema: Json

    def bound(self, step: TemplateStep, idx: int, needs: Sequence[str]) -> Step:
        with_rollback = step.rollback is not None and _fits(self.inputs, step.rollback.when)
        raw = as_step(step).model_dump(mode="json", by_alias=True, exclude=set() if with_rollback else {"rollback"})
        for key in ("title", "description"):
            if raw[key]:
                raw[key] = as_title(rebind(raw[key], self._item), self.inputs)
        for key in ("args", "preconditions", "verifiers", "rollback"):
            if raw.get(key):
                raw[key] = rebind(chosen(raw[key], self._given, self._spread), self._reference)
        return Step.model_validate({**raw, "id": self.copy.id, "idx": idx, "dependsOn": list(needs)})

    def _given(self, name: str) -> bool:
        return self._named(name) is not None

    def _spread(self, name: str) -> list[str]:
        found = self._named(name)
        if found is None or not isinstance(found[1], list):
            raise InputError(f"the template spreads {name!r}, which is no list.")
        path, items = found[0], cast(list[Any], found[1])
        return [_braced((*path, str(place))) for place in range(len(items))]

    def _named(self, name: str) -> tuple[tuple[str, ...], Any] | None:
        """Where a parameter, or a part of the item, stands among the inputs, and its value; None: it is not given."""
        path = self._path(name if name.startswith("item.") else f"inputs.{name}") or ()
        try:
            return path, interpolate(_braced(path), {"inputs": self.inputs})
        except InputError:
            return None

    def _item(self, inner: str) -> Any:
        path = self._path(inner)
        return KEEP if path is None else _braced(path)

    def _reference(self, inner: str) -> Any:
        path = self._path(inner)
        if path is not None and names_secret(self.schema, path[1:]):
            return secret_reference(".".join(path[1:]), interpolate(_braced(path), {"inputs": self.inputs}))
        own = f"steps.{self.template_id}.outputs."
        if inner.startswith(own) and self.copy.item:
            return f"{{{{steps.{self.copy.id}.outputs.{inner.removeprefix(own)}}}}}"
        return KEEP if path is None else _braced(path)

    def _path(self, inner: str) -> tuple[str, ...] | None:
        """Where the value stands among the inputs; None: it does not."""
        first, *rest = inner.split(".")
        if first == "item" and self.copy.item:
            return (*self.copy.item, *rest)
        return (first, *rest) if first == "inputs" else None


def _braced(path: Sequence[str]) -> str:
    return f"{{{{{'.'.join(path)}}}}}"


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return " ".join(_shown(item) for item in cast(list[Any], value))
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {_shown(item)}" for key, item in cast(Json, value).items())
    return "none" if value is None else literal(str(value))
