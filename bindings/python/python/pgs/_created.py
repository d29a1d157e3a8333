"""What creating a tenant answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Created:
    """A tenant that was created."""

    id: str
    """Its name."""
    uid: str
    """Who it is for ever, a UUID."""
    pg_version: int
    """The major version of PostgreSQL that it runs."""
    password: str = field(repr=False)
    """The password of its role: the given one, or a generated one that nobody can look up again. Not shown by `repr`."""

    @classmethod
    def _from(cls, fields: dict[str, Any]) -> Created:
        return cls(**fields)
