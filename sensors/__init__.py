"""Sensors: new documents, merged pull requests, failed builds."""
