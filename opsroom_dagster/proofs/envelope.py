"""DSSE envelopes: a payload, its type, and a signature over both.

Source: https://github.com/secure-systems-lab/dsse/blob/master/protocol.md
"""

import base64
import json
from typing import TYPE_CHECKING, Any

from opsroom_dagster.digests import canonical_json
from opsroom_dagster.proofs.keys import key_id

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

PAYLOAD_TYPE = "application/vnd.in-toto+json"


class EnvelopeError(Exception):
    """The envelope is not one, or its signature does not hold."""


def seal(statement: dict[str, Any], key: "Ed25519PrivateKey") -> bytes:
    """One line of canonical JSON, without the newline."""
    payload = canonical_json(statement)
    return _envelope(payload, key_id(key.public_key()), key.sign(_pre_authentication_encoding(payload)))


def unseal(line: bytes, key: "Ed25519PublicKey") -> dict[str, Any]:
    """The statement inside, after its signature was checked.

    Raises:
        EnvelopeError: any byte of the line differs from what was signed.
    """
    from cryptography.exceptions import InvalidSignature

    try:
        envelope = json.loads(line)
        payload = base64.b64decode(envelope["payload"], validate=True)
        signature = base64.b64decode(envelope["signatures"][0]["sig"], validate=True)
        signer = envelope["signatures"][0]["keyid"]
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise EnvelopeError(f"not a DSSE envelope ({type(error).__name__}: {error})") from error
    if signer != key_id(key):
        raise EnvelopeError(f"signed by another key ({str(signer)[:12]})")
    try:
        key.verify(signature, _pre_authentication_encoding(payload))
    except InvalidSignature as error:
        raise EnvelopeError("the signature does not hold") from error
    # The signature covers the payload only, and base64 has spare bits: the line must be what sealing it writes.
    if _envelope(payload, signer, signature) != line:
        raise EnvelopeError("the signature holds, but the envelope around it was changed")
    return json.loads(payload)


def _envelope(payload: bytes, signer: str, signature: bytes) -> bytes:
    return canonical_json(
        {
            "payload": base64.b64encode(payload).decode(),
            "payloadType": PAYLOAD_TYPE,
            "signatures": [{"keyid": signer, "sig": base64.b64encode(signature).decode()}],
        }
    )


def _pre_authentication_encoding(payload: bytes) -> bytes:
    kind = PAYLOAD_TYPE.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)
