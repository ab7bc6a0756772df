"""What Dagster shows is what the plan template says."""

import subprocess
from pathlib import Path

import dagster as dg
import pytest

from opsroom_dagster.definitions import defs
from opsroom_dagster.plans.model import Step
from opsroom_dagster.plans.templates import doc_to_code_steps

ROOT = Path(__file__).parents[2]
STEPS = {step.id: step for step in doc_to_code_steps()}
every_step = pytest.mark.parametrize("step", STEPS.values(), ids=STEPS)


@pytest.fixture(scope="module")
def definitions() -> dg.Definitions:
    return defs()


def test_each_step_of_the_plan_is_an_asset_and_nothing_else_is(definitions: dg.Definitions) -> None:
    assert {spec.key.to_user_string() for spec in definitions.resolve_all_asset_specs()} == set(STEPS)


@every_step
def test_an_asset_says_what_it_is(step: Step, definitions: dg.Definitions) -> None:
    (spec,) = [spec for spec in definitions.resolve_all_asset_specs() if spec.key == dg.AssetKey(step.id)]

    assert {dep.asset_key.to_user_string() for dep in spec.deps} == set(step.depends_on)
    assert spec.description and spec.description.endswith(".")
    assert spec.group_name in ("documents", "specification", "targets", "delivery")
    assert spec.owners == ["team:operations"]
    assert spec.kinds
    assert spec.code_version
    assert isinstance(spec.partitions_def, dg.DynamicPartitionsDefinition)
    assert spec.partitions_def.name == "projects"


@every_step
def test_its_checks_are_the_steps_verifiers_and_block_as_it_says(step: Step, definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    keys = graph.get_check_keys_for_assets({dg.AssetKey(step.id)})
    checks = {key.name: graph.get_check_spec(key) for key in keys}

    assert {name: check.blocking for name, check in checks.items()} == {v.id: v.required for v in step.verifiers}
    for verifier in step.verifiers:
        assert verifier.description and checks[verifier.id].description == verifier.description
        assert checks[verifier.id].partitions_def is not None


@pytest.mark.parametrize(
    ("job", "expected"),
    [("build", set(STEPS) - {"release"}), ("release_merged", {"release", "proof_bundle"})],
)
def test_a_job_runs_its_stages_with_all_their_checks(job: str, expected: set[str], definitions: dg.Definitions) -> None:
    layer = definitions.resolve_job_def(job).asset_layer

    assert {key.to_user_string() for key in layer.executable_asset_keys} == expected
    assert {key.name for key in layer.asset_graph.asset_check_keys} >= {
        verifier.id for stage in expected for verifier in STEPS[stage].verifiers
    }


def test_every_sensor_runs_by_default_and_says_what_it_watches(definitions: dg.Definitions) -> None:
    repository = definitions.get_repository_def()

    assert {sensor.name for sensor in repository.sensor_defs} == {
        "document_inbox", "failed_builds", "merged_pull_requests",
    }  # fmt: skip
    for sensor in repository.sensor_defs:
        assert sensor.default_status == dg.DefaultSensorStatus.RUNNING
        assert sensor.description


def test_dagster_loads_the_code_location() -> None:
    done = subprocess.run(
        [ROOT / "scripts" / "validate_definitions.sh"], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith("Dagster definitions: valid\n")
