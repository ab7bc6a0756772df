"""A plan for people: a tree for the terminal, Mermaid for documents, an SVG for the UI."""

import re
from typing import TYPE_CHECKING

from opsroom_dagster.plans.model import Plan, Step, Verifier

if TYPE_CHECKING:
    from rich.tree import Tree


def plan_tree(plan: Plan) -> "Tree":
    """The steps in order, each with what it waits for, what it does and how it is verified."""
    from rich.markup import escape
    from rich.tree import Tree

    tree = Tree(f"[bold]{escape(plan.title)}[/bold] ({escape(plan.id)}, {escape(plan.kind)})")
    for name, value in plan.inputs.items():
        tree.add(f"[dim]input[/dim] {escape(name)} = {escape(str(value))}")
    for step in plan.steps:
        branch = tree.add(f"[bold]{step.idx + 1}. {escape(step.id)}[/bold]  {escape(step.title)}")
        if step.depends_on:
            branch.add(f"[dim]after[/dim] {escape(', '.join(step.depends_on))}")
        branch.add(f"[dim]does[/dim] {escape(doing(step))}")
        for verifier in step.verifiers:
            branch.add(f"[dim]verify[/dim] {escape(checking(verifier))}")
        if step.rollback:
            branch.add(f"[dim]undo[/dim] {escape(step.rollback.action)}")
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


def _words(text: str) -> str:
    return " ".join(re.sub(r"[^\w\s.,-]", " ", text).split())
