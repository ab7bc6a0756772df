"""Ops Control Room: documents in, verified software out, with the evidence kept."""

__version__ = "0.1.0"
