"""The stages of a project as Dagster assets, one file a stage."""
