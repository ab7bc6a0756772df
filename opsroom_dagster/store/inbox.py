"""What changed in the inbox since the last look: nothing lost, nothing told twice, across restarts.

A folder at the top of the inbox is a project, and so is a file there. Only files whose stamp changed are
read; the index lives in the database, so a reader keeps nothing but the number of the last change it saw.
"""

import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Connection, Text, bindparam, delete, func, not_, select, text
from sqlalchemy.dialects.postgresql import ARRAY, insert

from opsroom_dagster.digests import digest_value
from opsroom_dagster.frozen import Frozen
from opsroom_dagster.store.database import Database
from opsroom_dagster.store.inbox_listing import Candidate, InboxFile, list_inbox, read_digest
from opsroom_dagster.store.tables import inbox_files, inbox_projects, projects

# Scans take turns: sequence numbers then become visible in their order, and a reader that has seen n misses none.
LOCK = 7_310_274_552


class InboxChange(Frozen):
    """A project as it is since change number ``sequence``. ``source`` is the absolute path of its folder or file.

    The same digest may come again with a later number (changed and changed back): tell runs apart by the number.
    """

    slug: str
    digest: str
    sequence: int
    source: str


class ScanResult(Frozen):
    """What one look found.

    Attributes:
        changed: slugs that have a new sequence number, sorted.
        removed: slugs that are no longer in the inbox, sorted.
        waiting: slugs left for the next look, because their files are young, change, or cannot be used, sorted.
        problems: one sentence each, about what a person must put right.
        files: how many documents lie in the inbox.
        hashed: how many of them were read.
    """

    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    files: int = 0
    hashed: int = 0


def scan(inbox: Path, database: Database, *, now_ns: int, settle_ns: int, max_bytes: int = sys.maxsize) -> ScanResult:
    """Look at the inbox and number what changed.

    Args:
        now_ns: the time now, in nanoseconds since 1970.
        settle_ns: a project with a file that changed within this time is left for a later look.
        max_bytes: a project with a larger file is left until that is put right; it is not read.
    """
    with database.begin() as connection:
        connection.execute(select(func.pg_advisory_xact_lock(LOCK)))
        listing = list_inbox(inbox)
        if listing is None:
            # An unmounted folder must not look like one that was emptied.
            return ScanResult(problems=(f"The inbox {inbox} is not there.",))
        known_files = _known_files(connection)
        known = {row.slug: row for row in connection.execute(select(inbox_projects))}
        look = _Look(inbox, now_ns, settle_ns, max_bytes, problems=list(listing.problems))
        for candidate in listing.candidates:
            row = known.get(candidate.slug)
            there = row is not None and row.state == "present" and row.source == str(inbox / candidate.source)
            look.consider(candidate, known_files.get(candidate.slug, {}), row.digest if row and there else None)
        present = {candidate.slug for candidate in listing.candidates}
        removed = sorted(slug for slug, row in known.items() if row.state == "present" and slug not in present)
        _write(connection, look, removed)
    return ScanResult(
        changed=tuple(sorted(look.changed)),
        removed=tuple(removed),
        waiting=tuple(sorted(look.waiting)),
        problems=tuple(look.problems),
        files=sum(len(candidate.files or ()) for candidate in listing.candidates),
        hashed=look.hashed,
    )


def changes_since(database: Database, sequence: int, limit: int) -> list[InboxChange]:
    """The projects that are in the inbox and changed after change number ``sequence``, oldest first.

    A project that changed several times is told once, with its last change.
    """
    query = (
        select(inbox_projects)
        .where(inbox_projects.c.sequence > sequence, inbox_projects.c.state == "present")
        .order_by(inbox_projects.c.sequence)
        .limit(limit)
    )
    with database.begin() as connection:
        rows = connection.execute(query).all()
    return [InboxChange(slug=row.slug, digest=row.digest, sequence=row.sequence, source=row.source) for row in rows]


def disputes(database: Database) -> list[str]:
    """One sentence for each project of the inbox whose name belongs to one that lies elsewhere: it is not built."""
    elsewhere = not_(projects.c.sources.contains(func.jsonb_build_array(inbox_projects.c.source)))
    query = (
        select(inbox_projects.c.slug, inbox_projects.c.source, projects.c.sources)
        .join(projects, projects.c.slug == inbox_projects.c.slug)
        .where(inbox_projects.c.state == "present", projects.c.origin != "inbox", elsewhere)
        .order_by(inbox_projects.c.slug)
    )
    with database.begin() as connection:
        rows = connection.execute(query).all()
    return [
        f"The project name {row.slug!r} stands for {', '.join(row.sources)}, not for {row.source}. "
        f"Rename that, or give it the name with: opsroom build {row.source} --project {row.slug} --replace"
        for row in rows
    ]


def _known_files(connection: Connection) -> dict[str, dict[str, InboxFile]]:
    known: dict[str, dict[str, InboxFile]] = {}
    for path, project, stamp, size, digest in connection.execute(select(inbox_files)):
        known.setdefault(project, {})[path] = InboxFile(path=path, stamp=stamp, size=size, changed_ns=0, digest=digest)
    return known


@dataclass
class _Look:
    """One look at the inbox while it goes on. ``fresh``: slug → path → file, of the projects to be written."""

    inbox: Path
    now_ns: int
    settle_ns: int
    max_bytes: int
    problems: list[str]
    changed: dict[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])
    fresh: dict[str, list[InboxFile]] = field(default_factory=dict[str, list[InboxFile]])
    waiting: list[str] = field(default_factory=list[str])
    hashed: int = 0

    def consider(self, candidate: Candidate, before: dict[str, InboxFile], digest_before: str | None) -> None:
        """Compare a project with what is known; ``digest_before`` is None when it is new, back or renamed."""
        files = candidate.files
        if files is None:
            self.waiting.append(candidate.slug)
            return
        stale = [file for file in files if not _same(file, before.get(file.path))]
        if digest_before is not None and not stale and len(files) == len(before):
            return
        if any(abs(self.now_ns - file.changed_ns) < self.settle_ns for file in files) or self._too_large(files):
            self.waiting.append(candidate.slug)
            return
        digests = self._read(stale)
        if digests is None:
            self.waiting.append(candidate.slug)
            return
        read = [file._replace(digest=digests.get(file.path) or before[file.path].digest) for file in files]
        self.fresh[candidate.slug] = read
        # Paths inside the project: the same folder under another name holds the same.
        digest = digest_value({file.path.removeprefix(f"{candidate.source}/"): file.digest for file in read})
        if digest != digest_before:
            self.changed[candidate.slug] = (str(self.inbox / candidate.source), digest)

    def _too_large(self, files: list[InboxFile]) -> bool:
        large = [file for file in files if file.size > self.max_bytes]
        self.problems += [
            f"{file.path!r} has {file.size:,} bytes; at most {self.max_bytes:,} are read. Split it, or raise "
            "OPSROOM_MAX_DOCUMENT_BYTES."
            for file in large
        ]
        return bool(large)

    def _read(self, files: list[InboxFile]) -> dict[str, str] | None:
        """Path → digest; None when a file changed while it was read, or cannot be read."""
        digests: dict[str, str] = {}
        for file in files:
            self.hashed += 1
            try:
                digest = read_digest(self.inbox, file)
            except OSError as error:
                self.problems.append(f"{file.path!r} cannot be read: {error.strerror}.")
                return None
            if digest is None:
                return None
            digests[file.path] = digest
        return digests


def _same(file: InboxFile, known: InboxFile | None) -> bool:
    return known is not None and (known.stamp, known.size) == (file.stamp, file.size)


def _write(connection: Connection, look: _Look, removed: list[str]) -> None:
    _delete_files(connection, [*look.fresh, *removed])
    if removed:
        gone = text("UPDATE public.inbox_projects SET state = 'removed' WHERE slug = ANY(:slugs)")
        connection.execute(gone.bindparams(bindparam("slugs", removed, type_=ARRAY(Text))))
    if look.changed:
        rows = [
            {"slug": slug, "source": source, "digest": digest, "state": "present"}
            for slug, (source, digest) in sorted(look.changed.items())
        ]
        for part in _parts(rows):
            add = insert(inbox_projects).values(
                [{**row, "sequence": func.nextval("public.inbox_sequence")} for row in part]
            )
            names = ("source", "digest", "sequence", "state")
            connection.execute(
                add.on_conflict_do_update(
                    index_elements=[inbox_projects.c.slug], set_={name: add.excluded[name] for name in names}
                )
            )
    files = [
        {"path": file.path, "project": slug, "stamp": file.stamp, "size": file.size, "digest": file.digest}
        for slug, read in sorted(look.fresh.items())
        for file in read
    ]
    if files:
        connection.execute(insert(inbox_files), files)


def _delete_files(connection: Connection, projects: list[str]) -> None:
    if projects:
        slugs = bindparam("slugs", projects, type_=ARRAY(Text))
        connection.execute(delete(inbox_files).where(inbox_files.c.project == func.any(slugs)))


def _parts(rows: list[dict[str, str]], size: int = 1000) -> Iterable[list[dict[str, str]]]:
    """PostgreSQL takes at most 65,535 parameters a statement."""
    return (rows[start : start + size] for start in range(0, len(rows), size))
