"""``opsroom proofs`` as a process: offline, and with the exit status that people's scripts rely on."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.stages.proposing import FIRST, Proposing

OPSROOM = str(Path(sys.executable).with_name("opsroom"))


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Proposing:
    made = Proposing(tmp_path_factory.mktemp("proofs"))
    made.give(FIRST)
    made.run("pull_request")
    made.run("proof_bundle")
    return made


def bundle(project: Proposing) -> Path:
    return project.home.artifact("kennel", "proof_bundle") / "bundle.intoto.jsonl"


def proofs(home: Path, *arguments: str | Path) -> "subprocess.CompletedProcess[str]":
    return anywhere(home.parent, *arguments, "--home", home)


def anywhere(folder: Path, *arguments: str | Path) -> "subprocess.CompletedProcess[str]":
    """Without a home: only what is in ``folder``."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "LC_ALL": "C.UTF-8"}
    command = [OPSROOM, "proofs", *map(str, arguments)]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False)


def test_a_bundle_that_holds(project: Proposing) -> None:
    for named in (bundle(project), "kennel"):
        done = proofs(project.home.root, "verify", named)
        assert done.returncode == 0, done.stderr
        assert "The bundle holds" in done.stderr and "proof_signing.pub" in done.stderr
    facts = json.loads(proofs(project.home.root, "verify", "kennel", "--json").stdout)
    assert (facts["problems"], facts["artifacts"], facts["result"]) == ([], 3, "PASSED")
    assert facts["artifacts_folder"] == str(project.home.root / "artifacts" / "kennel")


def test_the_key_of_the_home_that_a_bundle_lies_in_is_found(project: Proposing, tmp_path: Path) -> None:
    done = anywhere(tmp_path, "verify", bundle(project))
    assert done.returncode == 0 and str(project.home.keys) in done.stderr, done.stderr


def test_a_run_names_its_bundle(project: Proposing) -> None:
    assert proofs(project.home.root, "show", "run").returncode == 0


def test_a_changed_artifact_ends_with_1_and_its_name(project: Proposing, tmp_path: Path) -> None:
    artifacts = tmp_path / "kennel"
    shutil.copytree(project.home.root / "artifacts" / "kennel", artifacts)
    (artifacts / "change_set" / "README.md").write_text("other", encoding="utf-8")
    done = proofs(project.home.root, "verify", artifacts / "proof_bundle" / "bundle.intoto.jsonl")
    assert done.returncode == 1
    assert done.stdout == "change_set/README.md: the artifact's bytes have changed\n"


def test_elsewhere_with_the_public_key_alone(project: Proposing, tmp_path: Path) -> None:
    """What a stranger has: the bundle, the key and the artifacts, and no home."""
    copied = shutil.copy(bundle(project), tmp_path / "b.jsonl")
    key = shutil.copy(project.home.keys / "proof_signing.pub", tmp_path / "key.pub")
    home = tmp_path / "empty"
    assert "artifacts not compared" in proofs(home, "verify", copied, "--key", key).stderr
    artifacts = project.home.root / "artifacts" / "kennel"
    assert proofs(home, "verify", copied, "--key", key, "--artifacts", artifacts).returncode == 0
    assert not home.exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("verify", "nobody"), "Projects that have one: kennel"),
        (("verify", "kennel", "--key", "/nowhere.pub"), "no public key can be read"),
        (("verify", "kennel", "--artifacts", "/nowhere"), "does not exist"),
        (("show", "nobody"), "Projects that have one: kennel"),
    ],
)
def test_input_that_cannot_be_used_ends_with_2(project: Proposing, arguments: tuple[str, ...], message: str) -> None:
    done = proofs(project.home.root, *arguments)
    assert done.returncode == 2 and message in done.stderr


def test_show_lists_every_check(project: Proposing) -> None:
    done = proofs(project.home.root, "show", "kennel")
    assert done.returncode == 0
    assert all(name in done.stdout for name in ("change_set", "traceable", "merges_cleanly", "PASSED"))
    statements = json.loads(proofs(project.home.root, "show", "kennel", "--json").stdout)
    assert len(statements) == 6 and statements[0]["_type"] == "https://in-toto.io/Statement/v1"


def test_another_program_can_check_the_signatures(project: Proposing, tmp_path: Path) -> None:
    """DSSE by hand, with openssl: nothing of ours is needed to trust a bundle."""
    import base64

    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    line = json.loads(bundle(project).read_bytes().splitlines()[0])
    payload, kind = base64.b64decode(line["payload"]), line["payloadType"].encode()
    (tmp_path / "pae").write_bytes(b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload))
    (tmp_path / "sig").write_bytes(base64.b64decode(line["signatures"][0]["sig"]))
    key = project.home.keys / "proof_signing.pub"
    command = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", key, "-rawin", "-in", "pae", "-sigfile", "sig"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=30, check=False)
    assert "Signature Verified Successfully" in done.stdout, done.stderr
