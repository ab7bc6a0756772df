"""Requirements → a spec bundle in the current form of GitHub's Spec Kit. Equal requirements give equal bytes."""

from opsroom_dagster.project import Project
from opsroom_dagster.requirements.model import Requirements
from opsroom_dagster.specs.writing.constitution import constitution_md
from opsroom_dagster.specs.writing.data_model import data_model_md
from opsroom_dagster.specs.writing.plan import plan_md
from opsroom_dagster.specs.writing.questions import Questions
from opsroom_dagster.specs.writing.spec import spec_md
from opsroom_dagster.specs.writing.tasks import tasks_md

CONSTITUTION = ".specify/memory/constitution.md"


def bundle_files(project: Project, requirements: Requirements) -> dict[str, str]:
    """POSIX path → text of every file of the bundle."""
    folder = f"specs/{project.slug}"
    return {
        CONSTITUTION: constitution_md(project, requirements),
        f"{folder}/data-model.md": data_model_md(project, requirements),
        f"{folder}/plan.md": plan_md(project, requirements),
        f"{folder}/spec.md": spec_md(project, requirements, Questions(requirements)),
        f"{folder}/tasks.md": tasks_md(project, requirements),
    }
