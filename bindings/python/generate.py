"""Writes the files of the package that follow from others: `_answers.py` from the definition that all languages share, and
`blocking.py` from `_async.py`. With `--check` it only tells whether they would change."""

from __future__ import annotations

import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
PACKAGE = HERE / "python" / "pgs"
REPORTS = HERE.parent / "common" / "src" / "reports.rs"


def main() -> int:
    made = {
        PACKAGE / "_answers.py": answers(REPORTS.read_text()),
        PACKAGE / "blocking.py": blocking((PACKAGE / "_async.py").read_text()),
    }
    changed = [path for path, text in made.items() if not path.exists() or path.read_text() != text]
    if "--check" in sys.argv[1:]:
        for path in changed:
            print(f"{path.name} is not what generate.py writes: run it, and commit what changes", file=sys.stderr)
        return 1 if changed else 0
    for path in changed:
        path.write_text(made[path])
        print(f"wrote {path.name}")
    return 0


ANSWERS = '''"""What operations answer. Generated from bindings/common/src/reports.rs by generate.py."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def _moment(millis: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=millis)
'''

STRUCT = re.compile(
    r"((?: *///.*\n)+) *\$\(#\[\$object\]\)\+\n *#\[derive.*\]\n *pub struct (\w+) \{\n([\s\S]*?)\n *\}\n"
)
FIELD = re.compile(r"((?: *///.*\n)+) *pub (\w+): ([^\n]+),")
PLAIN = {"String": "str", "bool": "bool", "i64": "int", "f64": "float", "Moment": "datetime"}


def answers(rust: str) -> str:
    """A class for each struct."""
    text = ANSWERS
    for doc, name, body in STRUCT.findall(rust):
        fields = FIELD.findall(body + "\n")
        text += f'\n\n@dataclass(frozen=True, slots=True)\nclass {name}:\n    """{words(doc)}"""\n\n'
        for field_doc, field, kind in fields:
            text += f'    {field}: {python_type(kind)}\n    """{words(field_doc)}"""\n'
        text += f"\n    @classmethod\n    def _from(cls, fields: dict[str, Any]) -> {name}:\n"
        for _, field, kind in fields:
            made = converted(kind, f'fields["{field}"]')
            if made is not None:
                text += f'        fields["{field}"] = {made}\n'
        text += "        return cls(**fields)\n"
    return text


def words(doc: str) -> str:
    """A comment of Rust as the text of a docstring."""
    lines = (line.strip().removeprefix("///").strip() for line in doc.strip().splitlines())
    return " ".join(lines).replace("`PostgreSQL`", "PostgreSQL").replace("; none ", "; `None` ")


def python_type(kind: str) -> str:
    if (inner := inside("Option", kind)) is not None:
        return f"{python_type(inner)} | None"
    if (inner := inside("Vec", kind)) is not None:
        return f"list[{python_type(inner)}]"
    if (inner := inside("::std::collections::HashMap", kind)) is not None:
        key, value = inner.split(", ")
        return f"dict[{python_type(key)}, {python_type(value)}]"
    return PLAIN.get(kind, kind)


def converted(kind: str, value: str) -> str | None:
    """What makes the value of what came from Rust, if it is not that already."""
    if (inner := inside("Option", kind)) is not None:
        made = converted(inner, value)
        return made and f"None if {value} is None else {made}"
    if (inner := inside("Vec", kind)) is not None:
        made = converted(inner, "one")
        return made and f"[{made} for one in {value}]"
    if kind == "Moment":
        return f"_moment({value})"
    return None if kind in PLAIN or "HashMap" in kind else f"{kind}._from({value})"


def inside(outer: str, kind: str) -> str | None:
    found = re.fullmatch(re.escape(outer) + r"<(.*)>", kind)
    return found and found[1]


def blocking(text: str) -> str:
    """The same API for threads."""
    text = re.sub(r"# begin: only for coroutines\n.*?# end: only for coroutines\n\n\n", "", text, flags=re.S)
    for pattern, replacement in REPLACED:
        text, count = re.subn(pattern, replacement, text)
        if count == 0:
            raise SystemExit(f"generate.py: nothing in _async.py matches {pattern!r}")
    return text


REPLACED = [
    (
        r'"""The API for coroutines\..*?"""',
        '"""The same API for threads: the same names, and calls that answer when they are done. Other threads go on meanwhile,\n'
        'and Ctrl-C is heard.\n\nGenerated from _async.py by generate.py.\n"""',
    ),
    (r"AsyncIterator, Awaitable, Coroutine, Generator, Sequence", "Iterator, Sequence"),
    (r"from types import TracebackType\n", "from threading import Event as ThreadEvent\nfrom types import TracebackType\n"),
    (r"Any, Generic, Literal, TypeVar", "Any, Literal"),
    (r"_waiting import", "_blocked import"),
    (r'_NAME = "pgs"', '_NAME = "pgs.blocking"'),
    (r'"Opening", ', ""),
    (r"cut: Awaitable\[object\]", "cut: ThreadEvent"),
    (r"until `cut` is ready", "until `cut` is set"),
    (r" If `cut` fails[\s\S]*?it is the caller's\.", ""),
    (r"Opening\[(\w+)\]", r"\1"),
    (r"return Opening\((.*)\)\n", r"return \1\n"),
    (r"To be awaited, or used in `async with`, which closes it\.", "In a `with` statement it is closed at the end."),
    (r"If waiting for the next event is cancelled, no event is lost\.", "If waiting for the next event is interrupted, no event is lost."),
    (r"AsyncIterator", "Iterator"),
    (r"StopAsyncIteration", "StopIteration"),
    (r"__a(iter|next|enter|exit)__", r"__\1__"),
    (r"\baclose\b", "close"),
    (r"\basync def", "def"),
    (r"\bawait ", ""),
]


if __name__ == "__main__":
    sys.exit(main())
