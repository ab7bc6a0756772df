"""Good parameters of every template, and strings that are up to no good."""

from typing import Any

_SERVICE = {"control_url": "https://control.example.org", "health_url": "https://shop.example.org/health"}
_COMMANDS = {"current_command": ["kubectl", "get"], "switch_command": ["kubectl", "set"]}
_ARTIFACT = {"artifact_url": "https://builds.example.org/shop.tgz", "artifact_sha256": "a" * 64}

GOOD: dict[str, list[dict[str, Any]]] = {
    "deploy": [
        {"application": "shop", "version": "1.2.0", **_SERVICE},
        {
            "application": "shop", "version": "1.2.0", **_SERVICE, **_ARTIFACT, "control_token": "TOKEN",
            "approval": False,
        },
        {"application": "shop", "version": "v1", "health_url": "http://x.org", "health_contains": "v1", **_COMMANDS},
    ],
    "doc-to-code": [{"project": "shop"}],
    "healthcheck": [
        {
            "name": "shop",
            "http": [{"url": "https://a.org"}, {"url": "https://b.org", "contains": ["x"], "values": {"a.b": 1}}],
            "databases": [{"url_secret": "DB"}],
            "commands": [{"command": ["df", "-h"]}],
        },
        {"name": "one", "commands": [{"command": ["true"]}]},
    ],
    "incident": [
        {
            "incident": "INC-1", "summary": "slow", "facts": [{"title": "disk", "command": ["df"]}],
            "queries": [{"title": "locks", "url_secret": "DB", "statement": "select * from pg_locks"}],
            "mitigation": ["restart"], "undo": ["stop"], "token": "TOKEN", "health_url": "https://shop.example.org",
        },
        {
            "incident": "INC-2", "summary": "down", "facts": [{"title": "t", "command": ["dig", "shop.example.org"]}],
            "mitigation": ["restart"], "health_url": "https://shop.example.org",
        },
    ],
    "release": [
        {"owner": "acme", "repository": "shop", "version": "v1.0.0", "checks": ["test"], "token": "TOKEN"},
        {
            "owner": "acme", "repository": "shop", "version": "1", "checks": ["a", "b"], "token": "TOKEN",
            "approval": False, "notes": "New.", "api_url": "https://forge.example.org/api/v3",
        },
    ],
    "rollback": [
        {"application": "shop", "version": "1.1", "reason": "ill", **_SERVICE},
        {"application": "shop", "version": "1.1", "reason": "ill", **_SERVICE, "approval": True, "control_token": "T"},
    ],
    "schema-sync": [
        {
            "host": "db.example.org", "database": "shop", "user": "owner", "password": "PW",
            "rehearsal_database": "shop_rehearsal", "migration": "CREATE TABLE x ();",
        },
        {
            "host": "db.example.org", "database": "shop", "user": "owner", "password": "PW",
            "rehearsal_database": "shop_rehearsal", "migration": "DROP TABLE x;", "undo": "CREATE TABLE x ();",
            "allow_destructive": True,
        },
    ],
    "spec": [{"folder": "/srv/specs/shop"}, {"folder": "/srv/specs", "bundle": "001-shop", "approval": False}],
}  # fmt: skip

HOSTILE = (
    "$(touch /tmp/x)", "`id`", "; rm -rf /", "' OR 1=1 --", "\"; DROP TABLE x; --", "-rf", "--output=/etc/passwd",
    "../../etc/passwd", "{{secrets.DEPLOY_TOKEN}}", "{{inputs.version}}", "{{steps.x.outputs.y}}", "{{7*7}}",
    "{% for x in y %}", "a\nb", "a\n", "\x00", "<script>alert(1)</script>", "http://169.254.169.254/", "%s%n",
    "file:///etc/passwd", "\u202e", "=cmd|' /C calc'!A0", "{{", "}}", "x" * 5000,
)  # fmt: skip
