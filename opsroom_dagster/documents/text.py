"""Bytes of a text document as lines that every reader can count on."""

from pathlib import Path

from opsroom_dagster.errors import InputError


def decode(data: bytes, file: str | Path) -> str:
    """UTF-8 text with ``\\n`` line ends and without a byte order mark.

    Raises:
        InputError: the bytes are no text (NUL), not UTF-8 (the line and the byte are named), or blank.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InputError("the text is UTF-16.", file=file, remedy="Save it as UTF-8.")
    if b"\x00" in data:
        raise InputError(
            "this is a binary file, not a text document.", file=file, remedy="Give the document itself, as UTF-8 text."
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(
            f"the text is not UTF-8: byte 0x{data[error.start]:02x} at offset {error.start}.",
            file=file,
            line=line,
            remedy="Save it as UTF-8.",
        ) from error
    if not text.strip():
        raise InputError("the document is empty.", file=file, remedy="Give a document with text.")
    return text.replace("\r\n", "\n").replace("\r", "\n")
