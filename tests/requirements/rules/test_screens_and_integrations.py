"""Screens and systems outside are read where a document lists them, and nowhere else."""

import pytest

from tests.requirements.reading_text import read


@pytest.mark.parametrize(
    "text",
    [
        "## 4. Main screens\n\n- **Dog list**: shows all dogs\n  - Actions: Add, Export\n",
        "## UI Pages (MVP)\n\n### 4.1 Dog list\n\nshows all dogs\n\nActions: Add, Export\n",
        "## Notes\n\n| Screen | Description | Actions |\n|---|---|---|\n| Dog list | shows all dogs | Add, Export |\n",
    ],
)
def test_screens(text: str) -> None:
    (screen,) = read(text).screens
    assert (screen.name, screen.actions) == ("Dog list", ("Add", "Export"))
    assert screen.description is not None
    assert screen.description.startswith("shows all dogs")


@pytest.mark.parametrize(
    "text",
    [
        "## External interfaces\n\n| ID | Requirement |\n|---|---|\n"
        "| FR-1 | **Vet API:** posts to https://vet.example/api. |\n",
        "### 3. Integration points\n\n- **Vet API** – posts to `https://vet.example/api`\n",
        "## Notes\n\n| Integration | Use | Endpoint |\n|---|---|---|\n| Vet API | posts | https://vet.example/api |\n",
    ],
)
def test_integrations(text: str) -> None:
    (found,) = read(text).integrations
    assert (found.name, found.endpoint) == ("Vet API", "https://vet.example/api")


@pytest.mark.parametrize(
    "text",
    [
        "## Views on dogs\n\n- **Dogs**: are loved\n",
        "## Pages\n\n- Users can open any page. They like it a lot.\n",
        "## Integration tests\n\n- **Dogs**: run\n",
        "## Integrations\n\n- **Odoo**: the system itself\n- **File system**: exports\n",
    ],
)
def test_neither(text: str) -> None:
    found = read(text)
    assert (found.screens, found.integrations) == ((), ())
