"""From each requirement to its place in the documents and to what was generated for it."""

from typing import Any

from opsroom_dagster.codegen.odoo.design import AddonDesign, ModelDesign
from opsroom_dagster.codegen.odoo.identifiers import requirement_id
from opsroom_dagster.requirements.model import Fact, Requirements


def trace(requirements: Requirements, addon: AddonDesign) -> dict[str, Any]:
    """Content of ``traceability.json``: ``requirements`` (id, kind, text, places, models) and ``models``."""
    served: dict[str, list[str]] = {}
    for model in addon.models:
        for identifier in model.ids:
            served.setdefault(identifier, []).append(model.model)
    return {
        "addon": addon.technical_name,
        "requirements": [
            {
                "id": identifier,
                "kind": kind,
                "text": text,
                "places": _places(fact),
                "models": served.get(identifier, []),
            }
            for identifier, kind, text, fact in _entries(requirements)
        ],
        "models": [_model(model, addon) for model in addon.models],
    }


def _entries(requirements: Requirements) -> list[tuple[str, str, str, Fact]]:
    found: list[tuple[str, str, str, Fact]] = []
    found += [(fact.id, "entity", fact.label, fact) for fact in requirements.entities]
    found += [(fact.id, "user_story", fact.title, fact) for fact in requirements.user_stories]
    found += [(fact.id, fact.kind, fact.text, fact) for fact in requirements.requirements]
    found += [(fact.id, "rule", fact.text, fact) for fact in requirements.constraints]
    return [(requirement_id(identifier), kind, text, fact) for identifier, kind, text, fact in found]


def _places(fact: Fact) -> list[str]:
    places = (f"{e.location.file}:{e.location.line_start}" for e in fact.evidence)
    return list(dict.fromkeys(places))


def _model(model: ModelDesign, addon: AddonDesign) -> dict[str, Any]:
    files = [f"models/{model.module}.py", f"views/{model.module}_views.xml", f"tests/test_{model.module}.py"]
    return {
        "model": model.model,
        "requirements": list(model.ids),
        "files": [f"{addon.technical_name}/{file}" for file in files],
        "fields": {field.name: list(field.ids[:1]) for field in model.fields},
    }
