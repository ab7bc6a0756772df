"""Life cycles as a state field, buttons and guarded methods."""

from collections.abc import Mapping

from opsroom_dagster.codegen.odoo.design import TransitionDesign, WorkflowDesign
from opsroom_dagster.codegen.odoo.identifiers import field_name, one_line, snake, title
from opsroom_dagster.requirements.model import Transition, Workflow

VERBS = {
    "draft": "Reset to Draft", "submitted": "Submit", "approved": "Approve", "rejected": "Reject", "refused": "Refuse",
    "cancelled": "Cancel", "canceled": "Cancel", "done": "Mark Done", "closed": "Close", "open": "Open",
    "confirmed": "Confirm", "posted": "Post", "paid": "Mark Paid", "sent": "Send", "received": "Receive",
    "archived": "Archive", "completed": "Complete", "validated": "Validate", "started": "Start", "delivered": "Deliver",
    "shipped": "Ship", "returned": "Return", "scheduled": "Schedule", "assigned": "Assign", "resolved": "Resolve",
}  # fmt: skip
"""State → what its button says."""


ASIDE = {
    "cancelled", "canceled", "rejected", "refused", "declined", "failed", "lost", "expired", "archived", "on_hold",
    "blocked", "overdue", "waived", "abandoned", "void", "voided", "error",
}  # fmt: skip
"""States that are no step of the way: they can be reached from every step."""


def design_workflow(workflow: Workflow, groups: Mapping[str, str]) -> WorkflowDesign:
    """The workflow; without stated transitions the states follow one another.

    Args:
        workflow: as required.
        groups: role name → local id of its group.
    """
    states: dict[str, str] = {}
    for index, state in enumerate(workflow.states):
        label = title(workflow.labels.get(state, state))
        states.setdefault(snake(state, fallback=f"state_{index + 1}"), label or f"State {index + 1}")
    stated = workflow.transitions or tuple(
        Transition(source=source, target=target)
        for source, target in zip(workflow.states, workflow.states[1:], strict=False)
    )
    return WorkflowDesign(
        field=field_name(workflow.field, fallback="state"),
        states=tuple(states.items()),
        transitions=_transitions(stated, states, groups),
    )


def _supposed(states: tuple[str, ...]) -> tuple[Transition, ...]:
    """One step after the other; from each but the last aside."""
    way = [state for state in states if snake(state, fallback="") not in ASIDE] or list(states)
    steps = [Transition(source=source, target=target) for source, target in zip(way, way[1:], strict=False)]
    aside = [Transition(source=source, target=state) for state in states if state not in way for source in way[:-1]]
    return (*steps, *aside)


def _transitions(
    stated: tuple[Transition, ...], states: Mapping[str, str], groups: Mapping[str, str]
) -> tuple[TransitionDesign, ...]:
    """One method a target and role: its sources are all that lead there."""
    found: dict[tuple[str, str | None], tuple[list[str], str | None]] = {}
    for transition in stated:
        source, target = snake(transition.source, fallback=""), snake(transition.target, fallback="")
        if source in states and target in states and source != target:
            group = groups.get(transition.role or "")
            sources, action = found.setdefault((target, group), ([], transition.action))
            if source not in sources:
                sources.append(source)
    targets = [target for target, _ in found]
    designs: list[TransitionDesign] = []
    for (target, group), (sources, action) in found.items():
        by_role = f"_by_{group.removeprefix('group_')}" if group and targets.count(target) > 1 else ""
        label = title(one_line(action, 40)) if action else VERBS.get(target, f"Mark {states[target]}")
        designs.append(
            TransitionDesign(
                method=f"action_{target}{by_role}", label=label, sources=tuple(sources), target=target, group=group
            )
        )
    return tuple(designs)
