"""Whatever requirements say, every judge accepts what is generated from them."""

import shutil
import tempfile
from pathlib import Path
from typing import Any, get_args

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from opsroom_dagster.codegen.odoo.addon import buildable_entities
from opsroom_dagster.codegen.odoo.generate import generate
from opsroom_dagster.codegen.odoo.verify import dropped, manifest, python, references, xml
from opsroom_dagster.codegen.odoo.verify.tree import load_addon
from opsroom_dagster.requirements.model import (
    Cardinality,
    Constraint,
    Entity,
    Field,
    FieldType,
    Permission,
    Relationship,
    Requirements,
    Role,
    Transition,
    Workflow,
)
from tests.codegen.odoo.conftest import SERIES
from tests.codegen.odoo.demands import AUTHOR, HOSTILE, SURE, UNSURE

WORDS = (
    "Order", "order_line", "Order Line", "name", "number", "state", "status", "active", "company_id", "currency",
    "user_id", "Customer", "amount", "date", "type", "Name of the Very Long Thing That Nobody Would Ever Write " * 2,
)  # fmt: skip
NAMES = st.one_of(st.sampled_from(WORDS), st.sampled_from(HOSTILE), st.text(max_size=12))
MODELS = st.sampled_from([
    None, "res.partner", "hr.expense", "res.users", "product.template", "mail.thread", "x.y", "stock.move", "crm.lead",
])  # fmt: skip
EVIDENCE = st.sampled_from([SURE, SURE, SURE, UNSURE])
ACTIONS = ("create", "read", "update", "delete", "approve")
COMPARISONS = st.builds(
    "{} {} {}".format, NAMES, st.sampled_from([">", ">=", "<", "<=", "=", "!="]), st.sampled_from(["0", "-1.5", "date"])
)


def some(strategy: st.SearchStrategy[Any], size: int = 3) -> st.SearchStrategy[tuple[Any, ...]]:
    """A few of them."""
    return st.lists(strategy, max_size=size).map(tuple)


FIELDS = st.builds(
    Field, name=NAMES, label=NAMES, type=st.sampled_from(get_args(FieldType)), required=st.booleans(),
    unique=st.booleans(), values=some(NAMES), target=st.one_of(NAMES, MODELS), many=st.booleans(),
    default=st.one_of(st.none(), NAMES, st.sampled_from(["1", "-3.5", "true", "today", "inf"])),
    help=st.one_of(st.none(), NAMES), evidence=EVIDENCE,
)  # fmt: skip
ENTITIES = st.builds(
    Entity, name=NAMES, label=NAMES, id=NAMES, description=st.one_of(st.none(), NAMES), fields=some(FIELDS, 6),
    odoo_model=MODELS, evidence=EVIDENCE,
)  # fmt: skip
FLOWS = st.builds(
    Workflow, entity=NAMES, field=NAMES, states=some(NAMES, 5), evidence=EVIDENCE,
    transitions=some(st.builds(Transition, source=NAMES, target=NAMES, action=NAMES, role=st.one_of(st.none(), NAMES))),
)  # fmt: skip
ROLES = st.builds(
    Role, name=NAMES, description=st.one_of(st.none(), NAMES), evidence=EVIDENCE,
    permissions=some(st.builds(Permission, entity=st.one_of(NAMES, st.just("*")), own_only=st.booleans(),
                               actions=some(st.sampled_from(ACTIONS)))),
)  # fmt: skip
RULES = st.builds(
    Constraint, id=NAMES, text=NAMES, entity=NAMES, fields=some(NAMES), kind=st.sampled_from(["unique", "check"]),
    expression=st.one_of(st.none(), COMPARISONS), evidence=EVIDENCE,
)  # fmt: skip
LINKS = st.tuples(NAMES, NAMES, st.sampled_from(get_args(Cardinality))).map(
    lambda ends: Relationship.model_validate({"from": ends[0], "to": ends[1], "cardinality": ends[2], "evidence": SURE})
)
REQUIREMENTS = st.builds(
    Requirements, title=NAMES, entities=some(ENTITIES, 5), relationships=some(LINKS), roles=some(ROLES),
    workflows=some(FLOWS), constraints=some(RULES, 5),
)  # fmt: skip


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(REQUIREMENTS, NAMES)
def test_every_judge_accepts_what_is_generated(requirements: Requirements, slug: str) -> None:
    assume(buildable_entities(requirements))
    output = Path(tempfile.mkdtemp(prefix="opsroom-test-"))
    try:
        addon = generate(requirements, slug=slug, series=SERIES, author=AUTHOR, output=output)
        tree = load_addon(output / addon.technical_name, SERIES)
        found = [finding for judge in (python, manifest, xml, references, dropped) for finding in judge.check(tree)]
        assert not found, "\n".join(map(str, found))
    finally:
        shutil.rmtree(output)
