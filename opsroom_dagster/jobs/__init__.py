"""Plans and stages as Dagster jobs."""
