"""What plans are made of, for people: templates, skills and tools with their parameters."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, cast

from opsroom_dagster.plans.model import Json, Skill, Tool
from opsroom_dagster.plans.templates import PlanTemplate, load_template, template_names


@dataclass(frozen=True)
class Entry:
    """One of them. ``facts``: lines about it; ``schema``: the JSON Schema of what it takes."""

    id: str
    kind: str
    title: str
    description: str
    facts: tuple[str, ...]
    schema: Json
    steps: tuple[str, ...]

    def as_json(self) -> Json:
        """For ``--json``."""
        return {name: value for name, value in asdict(self).items() if name not in ("facts", "schema")} | {
            "parameters": self.schema
        }

    def parameters(self) -> Iterator[str]:
        """A line for each parameter: its name, type, default and description."""
        required = self.schema.get("required", [])
        for name, rule in cast(dict[str, Json], self.schema.get("properties", {})).items():
            if "const" in rule:
                yield f"{name} = {json.dumps(rule['const'])}"
                continue
            needed = f" = {json.dumps(rule['default'])}" if "default" in rule else "" if name in required else "?"
            told = f"  {rule['description']}" if rule.get("description") else ""
            yield f"{name}{needed} ({_type(rule)}){told}"


def template_entries() -> list[Entry]:
    """All templates, by id."""
    return [_of_template(load_template(name)) for name in template_names()]


def skill_entries() -> list[Entry]:
    """All stock skills, by id."""
    from opsroom_dagster.plans.skills import stock_skills

    return [_of_skill(skill) for skill in stock_skills().values()]


def tool_entries() -> list[Entry]:
    """All stock tools, by id."""
    from opsroom_dagster.plans.tools import stock_tools

    return [_of_tool(tool) for tool in stock_tools().values()]


def _of_template(template: PlanTemplate) -> Entry:
    steps = tuple(dict.fromkeys(step.id for step in template.steps))
    facts = (f"steps: {', '.join(steps)}",)
    return Entry(template.id, template.kind, template.title, template.description, facts, template.parameters, steps)


def _of_skill(skill: Skill) -> Entry:
    steps = tuple(step.id for step in skill.steps)
    limit = skill.constraints.max_runtime_ms
    facts = (
        f"steps: {', '.join(steps)}",
        f"gives: {', '.join(skill.output_schema.get('properties', {})) or 'nothing'}",
        f"calls: {', '.join(skill.tools) or 'no tool'}",
        f"allowed in: {', '.join(skill.constraints.allowed_envs) or 'every environment'}"
        + (f"; takes at most {limit // 60_000} min" if limit else ""),
    )
    return Entry(skill.id, "skill", skill.name, skill.description, facts, skill.input_schema, steps)


def _of_tool(tool: Tool) -> Entry:
    gives = ", ".join(tool.output_schema.get("properties", {})) or "nothing"
    facts = (f"kind: {tool.kind}", f"gives: {gives}")
    return Entry(tool.id, tool.kind, tool.name, tool.description, facts, tool.input_schema, ())


def _type(rule: Json) -> str:
    if "enum" in rule:
        return " | ".join(map(str, rule["enum"]))
    kinds: Any = rule.get("type", "any")
    return " or ".join(cast(list[str], kinds)) if isinstance(kinds, list) else str(kinds)
