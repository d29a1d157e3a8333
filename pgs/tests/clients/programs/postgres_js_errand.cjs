const fs = require("fs");
const { pipeline } = require("stream/promises");
const { Readable } = require("stream");
const postgres = require("postgres");

const { PGS_MODE, PGS_ROOT, PGHOST, PGUSER } = process.env;

function encryption() {
  if (PGS_MODE === "plain") return { ssl: false };
  const ssl = { ca: fs.readFileSync(PGS_ROOT), servername: PGHOST };
  return { ssl, ...(PGS_MODE === "direct" && { sslnegotiation: "direct" }) };
}

const connect = (more) =>
  postgres({
    database: PGUSER,
    max: 1,
    connection: { application_name: "errand" },
    onnotice: () => {},
    ...encryption(),
    ...more,
  });

/** Its package does not let its description be required. */
function version() {
  const path = `${process.env.NODE_PATH}/postgres/package.json`;
  return JSON.parse(fs.readFileSync(path)).version;
}

async function sqlstate(work) {
  try {
    await work();
  } catch (error) {
    return error.code;
  }
}

async function cancelled(sql, watcher) {
  const [{ pid }] = await sql`SELECT pg_backend_pid() AS pid`;
  const query = sql`SELECT pg_sleep(600)`.execute();
  const ended = sqlstate(() => query);
  const asleep = () =>
    watcher`SELECT FROM pg_stat_activity WHERE pid = ${pid} AND wait_event = 'PgSleep'`;
  while ((await asleep()).length === 0);
  query.cancel();
  await ended;
  const [{ word }] = await sql`SELECT 'on' AS word`;
  return word;
}

async function main() {
  console.log("driver postgres.js", version());
  const sql = connect();
  const watcher = connect();
  console.log("user", (await sql`SELECT current_user AS name`)[0].name);
  console.log("application", (await sql`SHOW application_name`)[0].application_name);
  const [row] = await sql`SELECT ${41}::int + 1 AS number, ${"één"}::text AS text`;
  console.log("prepared", row.number, row.text);
  const rows = await sql`SELECT i, repeat('x', 1000) FROM generate_series(1, 10000) i`;
  console.log("rows", rows.length, rows.reduce((sum, row) => sum + row.i, 0));
  await sql`CREATE TEMP TABLE t (i int)`;
  const lines = Array.from({ length: 50000 }, (_, i) => `${i}\n`);
  await pipeline(Readable.from(lines), await sql`COPY t FROM STDIN`.writable());
  console.log("copied", (await sql`SELECT sum(i) FROM t`)[0].sum);
  console.log("cancelled, and goes", await cancelled(sql, watcher));
  await sql`SET statement_timeout = 50`;
  console.log("timeout", await sqlstate(() => sql`SELECT pg_sleep(600)`));
  console.log("error", await sqlstate(() => sql`SELECT nosuch`));
  const wrong = connect({ password: "wrong" });
  console.log("wrong password", await sqlstate(() => wrong`SELECT 1`));
  await Promise.all([sql, watcher, wrong].map((each) => each.end()));
}

main();
