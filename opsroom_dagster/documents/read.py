"""Source files → ``DocumentSet``."""

from collections.abc import Sequence
from pathlib import PurePosixPath

from opsroom_dagster.digests import digest_bytes
from opsroom_dagster.documents.model import Document, DocumentSet
from opsroom_dagster.documents.readers import reader_id, readers
from opsroom_dagster.documents.sources import SourceFile


def read_documents(files: Sequence[SourceFile]) -> DocumentSet:
    """Read each file with the reader of its suffix.

    Raises:
        InputError: a file is not what its suffix says.
    """
    ordered = sorted(files, key=lambda file: file.name)
    return DocumentSet(documents=tuple(_read(file, index) for index, file in enumerate(ordered)))


def _read(file: SourceFile, index: int) -> Document:
    reader = readers()[PurePosixPath(file.name).suffix.lower()]
    contents = reader.read(file.data, file.name, index)
    return Document(
        file=file.name,
        digest=digest_bytes(file.data),
        format=reader.FORMAT,
        reader=reader_id(reader),
        title=contents.title,
        front_matter=contents.front_matter,
        blocks=contents.blocks,
    )
