import os
import threading

import psycopg


def encryption():
    mode = os.environ["PGS_MODE"]
    if mode == "plain":
        return {"sslmode": "disable"}
    negotiation = "direct" if mode == "direct" else "postgres"
    root = os.environ["PGS_ROOT"]
    return {"sslmode": "verify-full", "sslrootcert": root, "sslnegotiation": negotiation}


def connect(**parameters):
    return psycopg.connect(
        autocommit=True, application_name="errand", **encryption(), **parameters
    )


def value(connection, query, *parameters):
    return connection.execute(query, parameters).fetchone()[0]


def sqlstate(work):
    try:
        work()
    except psycopg.Error as error:
        return error.sqlstate


def cancel(connection, watcher):
    pid = connection.info.backend_pid
    asleep = "SELECT count(*) FROM pg_stat_activity WHERE pid = %s AND wait_event = 'PgSleep'"

    def when_it_runs():
        while not value(watcher, asleep, pid):
            pass
        connection.cancel_safe(timeout=30)

    thread = threading.Thread(target=when_it_runs)
    thread.start()
    sqlstate(lambda: connection.execute("SELECT pg_sleep(600)"))
    thread.join()
    return value(connection, "SELECT 'on'")


def wrong_password():
    """Before the session psycopg has no SQLSTATE, but the server's words."""
    try:
        connect(password="wrong")
    except psycopg.OperationalError as error:
        return "28P01" if "password authentication failed" in str(error) else error


print("driver psycopg", psycopg.__version__, "libpq", psycopg.pq.version())
connection, watcher = connect(), connect()
print("user", value(connection, "SELECT current_user"))
print("application", value(connection, "SHOW application_name"))
query = "SELECT %s::int + 1, %s::text"
print("prepared", *connection.execute(query, (41, "één"), prepare=True).fetchone())
rows = connection.execute("SELECT i, repeat('x', 1000) FROM generate_series(1, 10000) i").fetchall()
print("rows", len(rows), sum(row[0] for row in rows))
connection.execute("CREATE TEMP TABLE t (i int)")
with connection.cursor().copy("COPY t FROM STDIN") as copy:
    for i in range(50000):
        copy.write_row((i,))
print("copied", value(connection, "SELECT sum(i) FROM t"))
print("cancelled, and goes", cancel(connection, watcher))
connection.execute("SET statement_timeout = 50")
print("timeout", sqlstate(lambda: connection.execute("SELECT pg_sleep(600)")))
print("error", sqlstate(lambda: connection.execute("SELECT nosuch")))
print("wrong password", wrong_password())
