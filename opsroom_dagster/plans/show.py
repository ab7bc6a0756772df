"""A plan for people: a tree for the terminal, Mermaid for documents, an SVG for the UI."""

import json
import re
from typing import TYPE_CHECKING, Any

from opsroom_dagster.plans.model import Plan, Step, Verifier

if TYPE_CHECKING:
    from rich.tree import Tree

MOST_SHOWN = 200
"""Characters of an input's value."""


def plan_tree(plan: Plan) -> "Tree":
    """Inputs, and steps in order, each with what it waits for, does, proves and undoes."""
    from rich.markup import escape
    from rich.tree import Tree

    tree = Tree("Inputs and steps")
    for name, value in plan.inputs.items():
        tree.add(f"[dim]input[/dim] {escape(name)} = {escape(_brief(value))}")
    for step in plan.steps:
        branch = tree.add(f"[bold]{step.idx + 1}. {escape(step.id)}[/bold]  {escape(step.title)}")
        if step.depends_on:
            branch.add(f"[dim]after[/dim] {escape(', '.join(step.depends_on))}")
        for verifier in step.preconditions:
            branch.add(f"[dim]first[/dim] {escape(checking(verifier))}")
        branch.add(f"[dim]does[/dim] {escape(doing(step))}{escape(_limits(step))}")
        for verifier in step.verifiers:
            branch.add(f"[dim]verify[/dim] {escape(checking(verifier))}")
        if step.rollback:
            tool = f"tool {step.rollback.tool}: " if step.rollback.tool else ""
            branch.add(f"[dim]undo[/dim] {escape(tool + step.rollback.action)}")
    return tree


def plan_mermaid(plan: Plan) -> str:
    """A Mermaid flow chart. Labels are plain words, since Mermaid has no dependable escapes."""
    number = {step.id: f"s{step.idx}" for step in plan.steps}
    lines = ["flowchart LR"]
    lines += [f'    {number[step.id]}["{_words(step.id)}: {_words(step.title)}"]' for step in plan.steps]
    lines += [
        f"    {number[need]} --> {number[step.id]}" for step in plan.steps for need in step.depends_on if need in number
    ]
    return "\n".join(lines) + "\n"


def plan_svg(plan: Plan) -> str:
    """The dependency graph as SVG."""
    from opsroom_dagster.diagrams import layered_svg

    edges = [(need, step.id, "") for step in plan.steps for need in step.depends_on]
    return layered_svg([(step.id, step.id) for step in plan.steps], edges)


def doing(step: Step) -> str:
    """What a step does, in one line."""
    what = step.tool or step.skill
    return f"{step.kind} {what}: {step.action}" if what else step.action


def checking(verifier: Verifier) -> str:
    """What a verifier says, in one line."""
    required = "" if verifier.required else " (a failure is a warning)"
    return f"{verifier.id}{required}" + (f": {verifier.description}" if verifier.description else "")


def _limits(step: Step) -> str:
    tries = step.retry_policy.max_attempts if step.retry_policy else 1
    parts = [f"{tries} tries" if tries > 1 else "", f"{step.timeout_ms:,} ms at most" if step.timeout_ms else ""]
    told = ", ".join(part for part in parts if part)
    return f" ({told})" if told else ""


def _brief(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    line = " ".join(text.split())
    return line if len(line) <= MOST_SHOWN else f"{line[: MOST_SHOWN - 1]}…"


def _words(text: str) -> str:
    return " ".join(re.sub(r"[^\w\s.,-]", " ", text).split())
