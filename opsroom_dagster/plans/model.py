"""Pulser IR: the data model of plans. camelCase on the wire, snake_case in Python."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Camel = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)
Json = dict[str, Any]
APPROVE = "approve"
"""The system action that waits for a person."""
Identifier = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_\-]{0,99}$")]


class Verifier(BaseModel):
    """How a step proves that it worked. ``custom`` names a Python function in ``config.entrypoint``."""

    model_config = Camel
    id: Identifier
    kind: Literal["http", "shell", "sql", "json_schema", "checksum", "ci_gate", "custom"]
    description: str = ""
    config: Json = {}
    required: bool = True
    """False: a failure is a warning and blocks nothing."""


class RetryPolicy(BaseModel):
    """At most ``max_attempts`` tries, waiting ``backoff_ms * backoff_multiplier ** n`` after the n-th failure."""

    model_config = Camel
    max_attempts: int = Field(default=1, alias="maxAttempts", ge=1, le=20)
    backoff_ms: int = Field(default=0, alias="backoffMs", ge=0)
    backoff_multiplier: float = Field(default=2.0, alias="backoffMultiplier", ge=1)


class Rollback(BaseModel):
    """The action that undoes a step, and the verifiers that prove it undone."""

    model_config = Camel
    action: str
    tool: str | None = None
    args: Json = {}
    verifiers: tuple[Verifier, ...] = ()


class Step(BaseModel):
    """One unit of a plan."""

    model_config = Camel
    id: Identifier
    idx: int = Field(ge=0)
    title: str
    description: str | None = None
    kind: Literal["tool", "skill", "system"]
    tool: str | None = None
    skill: str | None = None
    action: str
    args: Json = {}
    preconditions: tuple[Verifier, ...] = ()
    verifiers: tuple[Verifier, ...] = ()
    retry_policy: RetryPolicy | None = Field(default=None, alias="retryPolicy")
    timeout_ms: int | None = Field(default=None, alias="timeoutMs", ge=1)
    depends_on: tuple[str, ...] = Field(default=(), alias="dependsOn")
    rollback: Rollback | None = None


class Tool(BaseModel):
    """Something that a step can call."""

    model_config = Camel
    id: Identifier
    kind: Literal["mcp", "http", "shell", "sql"]
    name: str
    description: str = ""
    input_schema: Json = Field(default={}, alias="inputSchema")
    output_schema: Json = Field(default={}, alias="outputSchema")
    preconditions: tuple[Verifier, ...] = ()
    verifiers: tuple[Verifier, ...] = ()


class Constraints(BaseModel):
    """Limits on a skill."""

    model_config = ConfigDict(frozen=True, extra="allow")
    max_runtime_ms: int | None = Field(default=None, ge=1)
    allowed_envs: tuple[str, ...] = ()


class Skill(BaseModel):
    """A named, reusable sequence of steps with a contract."""

    model_config = Camel
    id: Identifier
    slug: Identifier
    name: str
    description: str = ""
    tools: tuple[str, ...] = ()
    constraints: Constraints = Constraints()
    input_schema: Json = Field(default={}, alias="inputSchema")
    output_schema: Json = Field(default={}, alias="outputSchema")
    verifiers: tuple[Verifier, ...] = ()
    steps: tuple[Step, ...] = ()


class PlanMetadata(BaseModel):
    """Where a plan comes from."""

    model_config = Camel
    source: str
    author: str = "opsroom"
    tags: tuple[str, ...] = ()


class Plan(BaseModel):
    """A graph of steps with typed inputs and expected outputs."""

    model_config = Camel
    id: Identifier
    version: str = "1"
    created_at: str | None = None
    """ISO 8601; None in plans compiled from a document, whose bytes depend on nothing but the document."""
    kind: str
    title: str
    description: str = ""
    steps: tuple[Step, ...]
    inputs: Json = {}
    expected_outputs: Json = Field(default={}, alias="expectedOutputs")
    metadata: PlanMetadata


class RunProof(BaseModel):
    """The result of one verifier of one step of one run."""

    model_config = Camel
    run_id: str
    step_id: str
    verifier_id: str
    passed: bool
    timestamp: str
    evidence: Json
