const fs = require("fs");
const { Client } = require("pg");

const { PGS_MODE, PGS_ROOT, PGHOST, PGUSER } = process.env;

function encryption() {
  if (PGS_MODE === "plain") return { ssl: false };
  const ssl = { ca: fs.readFileSync(PGS_ROOT) };
  return { ssl, sslnegotiation: PGS_MODE === "direct" ? "direct" : "postgres" };
}

const settings = (more) => ({
  database: PGUSER,
  application_name: "errand",
  ...encryption(),
  ...more,
});

async function connect(more) {
  const client = new Client(settings(more));
  await client.connect();
  return client;
}

async function value(client, text, values) {
  const { rows } = await client.query({ text, values, rowMode: "array" });
  return rows[0][0];
}

async function sqlstate(work) {
  try {
    await work();
  } catch (error) {
    return error.code;
  }
}

const ASLEEP = "SELECT count(*)::int FROM pg_stat_activity WHERE pid = $1 AND wait_event = 'PgSleep'";

async function cancelled(client, watcher) {
  const { Query } = require("pg");
  const query = new Query("SELECT pg_sleep(600)");
  const ended = new Promise((resolve) => query.on("error", resolve));
  client.query(query);
  while (!(await value(watcher, ASLEEP, [client.processID])));
  // Its cancel requests are always in the clear, and get in the way of TLS that begins at once.
  new Client(settings({ ssl: false, sslnegotiation: "postgres" })).cancel(client, query);
  await ended;
  return value(client, "SELECT 'on'");
}

async function main() {
  console.log("driver node-postgres", require("pg/package.json").version);
  const client = await connect();
  const watcher = await connect();
  console.log("user", await value(client, "SELECT current_user"));
  console.log("application", await value(client, "SHOW application_name"));
  const prepared = await client.query({
    name: "errand",
    text: "SELECT $1::int + 1, $2::text",
    values: [41, "één"],
    rowMode: "array",
  });
  console.log("prepared", ...prepared.rows[0]);
  const { rows } = await client.query("SELECT i, repeat('x', 1000) FROM generate_series(1, 10000) i");
  console.log("rows", rows.length, rows.reduce((sum, row) => sum + row.i, 0));
  console.log("cancelled, and goes", await cancelled(client, watcher));
  await client.query("SET statement_timeout = 50");
  console.log("timeout", await sqlstate(() => client.query("SELECT pg_sleep(600)")));
  console.log("error", await sqlstate(() => client.query("SELECT nosuch")));
  console.log("wrong password", await sqlstate(() => connect({ password: "wrong" })));
  await client.end();
  await watcher.end();
}

main();
