#!/bin/sh
# Load the code location the way Dagster does, on an instance of its own that is thrown away.
set -eu
cd "$(dirname "$0")/.."
DAGSTER_HOME="$(mktemp -d)"
export DAGSTER_HOME
trap 'rm -rf "$DAGSTER_HOME"' EXIT
echo 'telemetry: {enabled: false}' >"$DAGSTER_HOME/dagster.yaml"
.venv/bin/dagster definitions validate -w workspace.yaml --log-level warning
echo 'Dagster definitions: valid'
