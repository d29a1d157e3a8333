import asyncio
import os
import ssl

import asyncpg


def encryption():
    mode = os.environ["PGS_MODE"]
    if mode == "plain":
        return {"ssl": False}
    context = ssl.create_default_context(cafile=os.environ["PGS_ROOT"])
    # Servers want to hear the protocol where TLS begins at once, and asyncpg leaves that to the context.
    context.set_alpn_protocols(["postgresql"])
    return {"ssl": context, "direct_tls": mode == "direct"}


def connect(**parameters):
    settings = {"application_name": "errand"}
    return asyncpg.connect(
        database=os.environ["PGUSER"], server_settings=settings, **encryption(), **parameters
    )


async def sqlstate(work):
    try:
        await work
    except asyncpg.PostgresError as error:
        return error.sqlstate


async def cancel(connection, watcher):
    pid = connection.get_server_pid()
    query = asyncio.create_task(connection.execute("SELECT pg_sleep(600)"))
    asleep = "SELECT count(*) FROM pg_stat_activity WHERE pid = $1 AND wait_event = 'PgSleep'"
    while not await watcher.fetchval(asleep, pid):
        pass
    query.cancel()
    try:
        await query
    except asyncio.CancelledError:
        return await connection.fetchval("SELECT 'on'")


async def main():
    print("driver asyncpg", asyncpg.__version__)
    connection, watcher = await connect(), await connect()
    print("user", await connection.fetchval("SELECT current_user"))
    print("application", await connection.fetchval("SHOW application_name"))
    statement = await connection.prepare("SELECT $1::int + 1, $2::text")
    print("prepared", *await statement.fetchrow(41, "één"))
    rows = await connection.fetch("SELECT i, repeat('x', 1000) FROM generate_series(1, 10000) i")
    print("rows", len(rows), sum(row[0] for row in rows))
    await connection.execute("CREATE TEMP TABLE t (i int)")
    await connection.copy_records_to_table("t", records=[(i,) for i in range(50000)])
    print("copied", await connection.fetchval("SELECT sum(i) FROM t"))
    print("cancelled, and goes", await cancel(connection, watcher))
    await connection.execute("SET statement_timeout = 50")
    print("timeout", await sqlstate(connection.execute("SELECT pg_sleep(600)")))
    print("error", await sqlstate(connection.execute("SELECT nosuch")))
    print("wrong password", await sqlstate(connect(password="wrong")))
    await connection.close()
    await watcher.close()


asyncio.run(main())
