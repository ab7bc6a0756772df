"""Judges of a generated addon, one file a judge: each takes an ``AddonTree`` and returns what it found."""
