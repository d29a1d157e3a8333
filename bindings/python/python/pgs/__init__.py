"""One port, one PostgreSQL server per tenant.

```python
import asyncio
import pgs

async def main():
    async with pgs.open("tenants") as manager, manager.serve() as proxy:
        acme = await manager.create("acme", enable=True)
        print(manager.url_with_password("acme", proxy, acme.password))

asyncio.run(main())
```

The names here are for coroutines; `pgs.blocking` has the same for threads. What goes wrong is an `Error`.
"""

from __future__ import annotations

from ._answers import (
    Alteration,
    Ban,
    Counters,
    DrainReport,
    Event,
    Failure,
    Limits,
    Listening,
    Networks,
    Orphan,
    Outcome,
    Reconciled,
    Report,
    ScriptOutcome,
    Session,
    Stats,
    Tenant,
    TenantView,
    Unreachable,
    Usage,
)
from ._async import Events, Opening, Pgs, Proxy, Supervision, ephemeral, open
from ._created import Created
from ._errors import (
    AlreadyExistsError,
    BusyError,
    ClosedError,
    ConflictError,
    CorruptError,
    Error,
    ForkedError,
    InitScriptError,
    InstanceFailedError,
    InternalError,
    InvalidInputError,
    MissingDependencyError,
    NotFoundError,
    PermissionDeniedError,
    ProtectedError,
    ResourceExhaustedError,
    TimeoutError,
    UnsupportedError,
    WrongStateError,
)
from ._options import (
    AlterOptions,
    BansOptions,
    CreateOptions,
    DockerOptions,
    ListenerOptions,
    LocalOptions,
    LoginsOptions,
    NetworksOptions,
    OpenOptions,
    PairOptions,
    RestartOptions,
    ScriptOptions,
    ServeOptions,
    ServeSection,
    TlsOptions,
)

__all__ = [
    "AlreadyExistsError",
    "AlterOptions",
    "Alteration",
    "Ban",
    "BansOptions",
    "BusyError",
    "ClosedError",
    "ConflictError",
    "CorruptError",
    "Counters",
    "CreateOptions",
    "Created",
    "DockerOptions",
    "DrainReport",
    "Error",
    "Event",
    "Events",
    "Failure",
    "ForkedError",
    "InitScriptError",
    "InstanceFailedError",
    "InternalError",
    "InvalidInputError",
    "Limits",
    "ListenerOptions",
    "Listening",
    "LocalOptions",
    "LoginsOptions",
    "MissingDependencyError",
    "Networks",
    "NetworksOptions",
    "NotFoundError",
    "OpenOptions",
    "Opening",
    "Orphan",
    "Outcome",
    "PairOptions",
    "PermissionDeniedError",
    "Pgs",
    "ProtectedError",
    "Proxy",
    "Reconciled",
    "Report",
    "ResourceExhaustedError",
    "RestartOptions",
    "ScriptOptions",
    "ScriptOutcome",
    "ServeOptions",
    "ServeSection",
    "Session",
    "Stats",
    "Supervision",
    "Tenant",
    "TenantView",
    "TimeoutError",
    "TlsOptions",
    "UnsupportedError",
    "Unreachable",
    "Usage",
    "WrongStateError",
    "ephemeral",
    "open",
]
