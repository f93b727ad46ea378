"""Forms: one record per submission, whether a row holds one answer or all of them."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Any

from ...exceptions import BadBundle, BrokenFile
from ...tools.fingerprint import fold, normalise_header
from ..base import Problem
from .rows import COLUMN_LIMIT, NAME_LIMIT

Item = tuple[int, dict[str, Any]] | Problem
_TABLES = """
    CREATE TABLE submission (id INTEGER PRIMARY KEY, key TEXT UNIQUE, form TEXT,
        line INTEGER);
    CREATE TABLE answer (submission INTEGER, line INTEGER, question INTEGER,
        data TEXT);
    CREATE INDEX answer_idx ON answer (submission, line);
    CREATE TABLE question (id INTEGER PRIMARY KEY, form TEXT, own_id TEXT, text TEXT,
        name TEXT, UNIQUE (form, own_id, text));
    CREATE INDEX question_idx ON question (form, name);
    CREATE TABLE problem (line INTEGER, data TEXT);
"""


@dataclass(frozen=True)
class Pivot:
    """How the answers of a form become fields of the record of their submission.

    A long table has a row per answer, a wide one a column per question: both give
    the same records, with a field ``<prefix><question>`` for each question.

    :param keys: normalised headers of the columns that say whose answers these are
    :param question: header of the question; a table that has it is long
    :param answer: header of the answer
    :param own_id: header of the question's own id
    :param file: header of the file that belongs to an answer
    :param about: headers that describe the question, not the answer
    :param form: headers that tell the form
    :param by: header groups that tell the submission; the first that is filled counts
    :param prefix: what the field of an answer begins with
    :param listed: field that gets the list of the questions of a long table
    :param title: field that gets the name of a wide file, unless a column says it
    """

    keys: frozenset[str]
    question: str
    answer: str
    own_id: str
    file: str
    about: tuple[str, ...]
    form: tuple[str, ...]
    by: tuple[tuple[str, ...], ...]
    prefix: str
    listed: str
    title: str

    @classmethod
    def of(cls, spec: Mapping[str, Any]) -> "Pivot":
        """Return what a preset's `pivot` says."""
        keys = frozenset(normalise_header(key) for key in spec["keys"])
        groups = tuple(tuple(group) for group in spec["by"])
        lists = {"about": tuple(spec["about"]), "form": tuple(spec["form"])}
        return cls(**(dict(spec) | lists | {"keys": keys, "by": groups}))

    def is_long(self, fields: tuple[str, ...]) -> bool:
        """Return whether a table has a row per answer."""
        return normalise_header(self.question) in map(normalise_header, fields)

    def fields(self, fields: tuple[str, ...]) -> tuple[str, ...]:
        """Return the fields of the records that a table gives, so far as known."""
        if not self.is_long(fields):
            titled = () if self.title in fields else (self.title,)
            return (*map(self._wide_name, fields), *titled)
        own = self._own
        return (*(f for f in fields if normalise_header(f) not in own), self.listed)

    @property
    def _own(self) -> set[str]:
        """Normalised headers of what belongs to one answer."""
        names = (self.question, self.answer, self.own_id, self.file, *self.about)
        return {normalise_header(name) for name in names}

    def _wide_name(self, header: str) -> str:
        is_key = normalise_header(header) in self.keys
        return header if is_key else f"{self.prefix}{header}"

    def wide(self, data: dict[str, Any], file: str) -> dict[str, Any]:
        """Return the record of a row that holds all answers of a submission."""
        record = {self._wide_name(header): value for header, value in data.items()}
        if not record.get(self.title):
            place = PurePosixPath(file.rpartition("#")[2] or file)
            record[self.title] = place.stem
        return record

    def long(self, rows: Iterable[Item]) -> Iterator[Item]:
        """Yield the submissions of a table with a row per answer.

        They come in the order of their first row, which is their line; the rows of
        one need not stand together. What is not yet put together waits in a file.
        """
        with closing(_Answers(self)) as answers:
            error = None
            try:
                for item in rows:
                    answers.add(item)
            except (BrokenFile, BadBundle) as broken:
                error = broken
            yield from answers.items()
            if error:
                raise error


class _Answers:
    """The answers of one table, kept in a temporary database on disk."""

    def __init__(self, pivot: Pivot):
        self.pivot = pivot
        # no name: a file of its own that is gone when it is closed
        self._db = sqlite3.connect("", isolation_level=None)
        self._db.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;")
        self._db.executescript(_TABLES)
        self._db.execute("BEGIN")
        self._headers: dict[str, str] = {}
        self._known: set[str] = set()
        self._questions = lru_cache(maxsize=16)(self._read_questions)

    def close(self) -> None:
        """Give back the database."""
        self._db.close()

    # -- in ------------------------------------------------------------------------

    def add(self, item: Item) -> None:
        """Take one row, or one problem, as it comes."""
        if isinstance(item, Problem):
            row = (item.line, json.dumps(asdict(item)))
            self._db.execute("INSERT INTO problem VALUES (?, ?)", row)
            return
        line, data = item
        for header in data.keys() - self._known:
            self._known.add(header)
            self._headers.setdefault(normalise_header(header), header)
        form = next(
            filter(None, (fold(self._get(data, f)) for f in self.pivot.form)), ""
        )
        submission = self._submission(form, data, line)
        row = (submission, line, self._question(form, data), json.dumps(data))
        self._db.execute("INSERT INTO answer VALUES (?, ?, ?, ?)", row)

    def _get(self, data: Mapping[str, Any], name: str) -> Any:
        return data.get(self._headers.get(normalise_header(name), name))

    def _text(self, data: Mapping[str, Any], name: str) -> str:
        value = self._get(data, name)
        return "" if value is None else " ".join(str(value).split())

    def _submission(self, form: str, data: Mapping[str, Any], line: int) -> int:
        groups = ([self._text(data, name) for name in g] for g in self.pivot.by)
        parts = next((group for group in groups if any(group)), [f"line {line}"])
        key = json.dumps([form, *parts])
        self._db.execute(
            "INSERT INTO submission (key, form, line) VALUES (?, ?, ?)"
            " ON CONFLICT DO NOTHING",
            (key, form, line),
        )
        query = "SELECT id FROM submission WHERE key = ?"
        return self._db.execute(query, (key,)).fetchone()[0]

    def _question(self, form: str, data: Mapping[str, Any]) -> int | None:
        """Return the question of an answer; two of one wording are two."""
        own_id = self._text(data, self.pivot.own_id)
        text = self._text(data, self.pivot.question)[:NAME_LIMIT].rstrip()
        if not (text or own_id or self._text(data, self.pivot.answer)):
            return None
        known = "SELECT id FROM question WHERE form = ? AND own_id = ? AND text = ?"
        found = self._db.execute(known, (form, own_id, text)).fetchone()
        if found:
            return found[0]
        base = text or own_id or self.pivot.question
        name, count = base, 1
        taken = "SELECT 1 FROM question WHERE form = ? AND name = ?"
        while self._db.execute(taken, (form, name)).fetchone():
            count += 1
            name = f"{base} ({count})"
        insert = "INSERT INTO question (form, own_id, text, name) VALUES (?, ?, ?, ?)"
        return self._db.execute(insert, (form, own_id, text, name)).lastrowid

    # -- out -----------------------------------------------------------------------

    def items(self) -> Iterator[Item]:
        """Yield problems and submissions by line."""
        rows = self._db.execute(
            "SELECT line, 0 AS kind, data, '' AS form FROM problem"
            " UNION ALL SELECT line, 1, id, form FROM submission ORDER BY 1, 2"
        )
        for line, kind, content, form in rows:
            if kind:
                yield line, self._record(content, form)
            else:
                yield Problem(**json.loads(content))

    def _read_questions(self, form: str) -> list[tuple[int, str]]:
        query = "SELECT id, name FROM question WHERE form = ? ORDER BY id LIMIT ?"
        return self._db.execute(query, (form, COLUMN_LIMIT)).fetchall()

    def _record(self, submission: int, form: str) -> dict[str, Any]:
        """Return what the rows of one submission say, nothing left out."""
        rows = self._db.execute(
            "SELECT answer.data, question.name FROM answer"
            " LEFT JOIN question ON question.id = answer.question"
            " WHERE submission = ? ORDER BY answer.line",
            (submission,),
        )
        shared: dict[str, Any] = {}
        asked: list[dict[str, Any]] = []
        # an answer that is empty now was perhaps given before
        answers: dict[str, Any] = {name: "" for _id, name in self._questions(form)}
        files: dict[str, Any] = {}
        own = self.pivot._own
        for text, name in rows:
            data = json.loads(text)
            for header, value in data.items():
                if normalise_header(header) not in own:
                    _add_other(shared, header, value)
            if name is None:
                continue
            value, file = (
                self._get(data, field) for field in (self.pivot.answer, self.pivot.file)
            )
            if value in (None, ""):
                value, file = file, None
            _add_answer(answers, name, value)
            if file not in (None, "") and file != value:
                _add_answer(files, name, file)
            about = (self.pivot.own_id, self.pivot.question, *self.pivot.about)
            described = {field: self._get(data, field) for field in about}
            asked.append({k: v for k, v in described.items() if v not in (None, "")})
        prefix = self.pivot.prefix
        return (
            shared
            | {self.pivot.listed: asked}
            | {f"{prefix}{name}": value for name, value in answers.items()}
            | {f"{prefix}{name}.{self.pivot.file}": v for name, v in files.items()}
        )


def _add_other(record: dict[str, Any], header: str, value: Any) -> None:
    """Keep what a row says of the whole submission; a second word beside the first."""
    name, count = header, 1
    while record.get(name) not in (None, ""):
        if record[name] == value or value in (None, ""):
            return
        count += 1
        name = f"{header} ({count})"
    record[name] = value


def _add_answer(answers: dict[str, Any], name: str, value: Any) -> None:
    """Keep an answer; a question that was answered twice has both."""
    known = answers.get(name)
    if known in (None, "", []):
        answers[name] = "" if value is None else value
        return
    several = known if isinstance(known, list) else [known]
    if value not in (None, "") and value not in several:
        answers[name] = [*several, value]
