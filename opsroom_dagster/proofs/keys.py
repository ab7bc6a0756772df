"""The Ed25519 key that signs proofs: one a home, made once, readable by its owner only."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from opsroom_dagster.errors import InputError
from opsroom_dagster.files import write_atomic
from opsroom_dagster.home import Home

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

PRIVATE, PUBLIC = "proof_signing.pem", "proof_signing.pub"


def signing_key(home: Home) -> "Ed25519PrivateKey":
    """The home's key; made on first use, once, whoever asks at the same time."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
        PublicFormat,
        load_pem_private_key,
    )

    path = home.keys / PRIVATE
    if not path.exists():
        home.keys.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = Ed25519PrivateKey.generate()
        draft = home.keys / f".{os.getpid()}.pem"
        write_atomic(draft, fresh.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), mode=0o600)
        try:
            path.hardlink_to(draft)  # unlike a rename, this fails when another process was first
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    key = load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise InputError("this is not an Ed25519 key.", file=path, remedy="Move it away; a new one is made.")
    public = home.keys / PUBLIC
    if not public.exists():
        write_atomic(public, key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return key


def load_public_key(path: Path) -> "Ed25519PublicKey":
    """A public key in PEM.

    Raises:
        InputError: the file is missing or holds no Ed25519 public key.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        key = load_pem_public_key(path.read_bytes())
    except (OSError, ValueError) as error:
        raise InputError(f"no public key can be read: {error}.", file=path, remedy="Give one with --key.") from error
    if not isinstance(key, Ed25519PublicKey):
        raise InputError("this is not an Ed25519 public key.", file=path, remedy="Give another with --key.")
    return key


def key_id(key: "Ed25519PublicKey") -> str:
    """SHA-256 of the raw public key, hex."""
    from hashlib import sha256

    return sha256(key.public_bytes_raw()).hexdigest()
