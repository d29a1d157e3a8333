import importlib.metadata
import os
import ssl

import pg8000.native


def encryption():
    if os.environ["PGS_MODE"] == "plain":
        return {"ssl_context": False}
    return {"ssl_context": ssl.create_default_context(cafile=os.environ["PGS_ROOT"])}


def connect(password=os.environ["PGPASSWORD"]):
    return pg8000.native.Connection(
        os.environ["PGUSER"],
        host=os.environ["PGHOST"],
        port=int(os.environ["PGPORT"]),
        password=password,
        application_name="errand",
        **encryption(),
    )


def sqlstate(work):
    try:
        work()
    except pg8000.native.DatabaseError as error:
        return error.args[0]["C"]


print("driver pg8000", importlib.metadata.version("pg8000"))
connection = connect()
print("user", connection.run("SELECT current_user")[0][0])
print("application", connection.run("SHOW application_name")[0][0])
statement = connection.prepare("SELECT CAST(:number AS int) + 1, CAST(:text AS text)")
print("prepared", *statement.run(number=41, text="één")[0])
rows = connection.run("SELECT i, repeat('x', 1000) FROM generate_series(1, 10000) i")
print("rows", len(rows), sum(row[0] for row in rows))
connection.run("CREATE TEMP TABLE t (i int)")
connection.run("COPY t FROM STDIN", stream=[f"{i}\n" for i in range(50000)])
print("copied", connection.run("SELECT sum(i) FROM t")[0][0])
connection.run("SET statement_timeout = 50")
print("timeout", sqlstate(lambda: connection.run("SELECT pg_sleep(600)")))
print("error", sqlstate(lambda: connection.run("SELECT nosuch")))
print("wrong password", sqlstate(lambda: connect("wrong")))
connection.close()
