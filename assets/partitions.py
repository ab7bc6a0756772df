"""One partition a project."""

import dagster as dg

projects = dg.DynamicPartitionsDefinition(name="projects")
