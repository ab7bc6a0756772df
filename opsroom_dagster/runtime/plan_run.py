"""A run of a plan as its steps see it: what was asked for, what has finished, and where things lie."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from opsroom_dagster.digests import digest_value
from opsroom_dagster.home import Home
from opsroom_dagster.plans.graph import ancestors, in_dependency_order
from opsroom_dagster.plans.model import Json, Plan, Step, Tool
from opsroom_dagster.proofs.bundle import link
from opsroom_dagster.proofs.keys import signing_key
from opsroom_dagster.settings import Settings
from opsroom_dagster.store.database import Database
from opsroom_dagster.store.run_proofs import Seal


@dataclass(frozen=True)
class PlanRun:
    """One logical run. It may take several Dagster runs: after a kill, a retry, or a person's approval.

    Attributes:
        plan: with its skills inlined, as it was approved; ``plan_digest`` names it.
        inputs: the plan's inputs with what the run was started with.
        tools: the tools that the plan names, as they were when it was registered.
        by: who it runs for, as the audit log tells.
        dead: claims of workers that are known to be gone.
        finished: outputs of steps that have finished, by step; filled as they do.
    """

    id: str
    plan: Plan
    plan_digest: str
    inputs: Json
    tools: Mapping[str, Tool]
    settings: Settings
    database: Database
    by: str = "opsroom"
    dead: frozenset[str] = frozenset()
    finished: dict[str, Json] = field(default_factory=dict[str, Json])

    @property
    def home(self) -> Home:
        """Where everything is kept."""
        return self.settings.home

    @property
    def folder(self) -> Path:
        """Holds one folder a step."""
        return self.home.run(self.id)

    @property
    def kept(self) -> Path:
        """Holds outputs that are too large for the database."""
        return self.folder / ".outputs"

    @cached_property
    def seal(self) -> Seal:
        """Signs the run's proofs."""
        return partial(link, key=signing_key(self.home))

    @cached_property
    def steps(self) -> dict[str, Step]:
        """Steps by id, in the order of the plan."""
        return {step.id: step for step in self.plan.steps}

    @cached_property
    def order(self) -> list[str]:
        """Steps after all that they depend on."""
        return in_dependency_order({step.id: step.depends_on for step in self.plan.steps})

    @cached_property
    def _ancestors(self) -> dict[str, int]:
        return ancestors({step.id: step.depends_on for step in self.plan.steps})

    def before(self, step: str) -> list[str]:
        """All steps that this one depends on, directly or not."""
        bits = self._ancestors[step]
        return [name for place, name in enumerate(self.steps) if bits >> place & 1]

    def after(self, step: str) -> list[str]:
        """All steps that depend on this one, directly or not."""
        return [name for name in self.steps if step in self.before(name)]

    def scope(self, step: str) -> dict[str, Any]:
        """What the step's interpolations see; secrets are not among it."""
        earlier = {name: {"outputs": self.finished.get(name, {})} for name in self.before(step)}
        return {"inputs": self.inputs, "steps": earlier}

    def next_digest(self, step: str) -> str:
        """Of exactly what will be executed once ``step`` lets it: a person's approval holds for this alone."""
        following = [self.steps[name].model_dump(mode="json", by_alias=True) for name in self.after(step)]
        seen = {name: self.finished.get(name, {}) for name in self.before(step)}
        return digest_value({"plan": self.plan_digest, "inputs": self.inputs, "seen": seen, "next": following})
