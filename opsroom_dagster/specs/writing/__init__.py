"""The files of a bundle, one module each. Every text of a document passes through ``specs.text``."""
