"""Parts of a bundle, read from Markdown blocks; one module a part, shared by the dialects."""
