// What the tests have in common.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { readdirSync, rmSync, watch } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { open } from '@sysnee/pgs'

/** A state directory of its own. Its tenants are purged at the end of the test, or by `leave` at the end of the file. */
export async function house(t, options = {}) {
  const stateDir = freeDirectory()
  const pgs = await open({ stateDir, ...options })
  if (t) t.after(() => takeDown(pgs))
  else houses.push(pgs)
  return pgs
}

/** For `after` of a file that has houses. */
export async function leave() {
  await Promise.all(houses.splice(0).map(takeDown))
}

const houses = []

async function takeDown(pgs) {
  const { stateDir } = pgs
  await pgs.close()
  const last = await open(stateDir)
  const purge = async ({ uid, id, protected: isProtected }) => {
    if (isProtected) await last.unprotect(id)
    await last.purgeUid(uid)
  }
  await Promise.all([...(await last.list()), ...(await last.listTrash())].map(purge))
  await last.close()
  rmSync(stateDir, { recursive: true })
}

/** The path of a directory that is not there yet. pgs makes it so that servers of another user may pass. */
export function freeDirectory() {
  return join(tmpdir(), `pgs-node-${randomUUID().slice(0, 8)}`)
}

/** A connected client, which is ended at the end of the test if it is not before. */
export async function client(t, url) {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 30_000 })
  // A server that ends a session is heard of here; who wants to know listens, too.
  client.on('error', () => {})
  await client.connect()
  t.after(() => client.end())
  return client
}

/** The first value that a query answers. */
export async function ask(client, sql, ...values) {
  const { rows } = await client.query({ text: sql, values, rowMode: 'array' })
  return rows[0]?.[0]
}

/** Asks once, over a connection of its own. */
export async function askOnce(url, sql) {
  const once = new pg.Client({ connectionString: url, connectionTimeoutMillis: 30_000 })
  once.on('error', () => {})
  try {
    await once.connect()
    return await ask(once, sql)
  } finally {
    await once.end()
  }
}

/** The error's SQLSTATE with which a login fails. */
export async function refusal(url) {
  try {
    await askOnce(url, 'select 1')
  } catch (error) {
    assert.ok(error.code, `an error without a code: ${error}`)
    return error.code
  }
  assert.fail('the login did not fail')
}

/** Ready when this client's session is over. */
export function gone(client) {
  return new Promise((resolve) => client.once('end', resolve))
}

/** Rejects with this code, and with a text that says all of it. */
export async function rejects(promise, code, ...words) {
  await assert.rejects(promise, (error) => {
    assert.equal(error.code, code, String(error.stack))
    assert.equal(error.name, 'PgsError')
    for (const word of words) assert.ok(error.message.includes(word), `\`${word}\` is not in: ${error.message}`)
    return true
  })
}

/** The first event of this kind, from after this number on. */
export async function happened(pgs, kind, after = 0) {
  for await (const event of pgs.follow(after, { ref: true })) {
    if (event.kind === kind) return event
  }
}

/** Ready when something was made in this folder, and all of it is gone again. */
export function emptiedAgain(folder) {
  return new Promise((resolve) => {
    const watcher = watch(folder, () => {
      if (readdirSync(folder).length > 0) return
      watcher.close()
      resolve()
    })
  })
}

/** Whether there is such a process. */
export function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    if (error.code === 'ESRCH') return false
    throw error
  }
}

/** Says what cannot be seen here. */
export function skipped(t, what, why) {
  console.log(`SKIPPED: ${what}: ${why}`)
  t.skip(why)
}

let names = 0

/** A name that no other tenant of this file has. */
export function freshName() {
  names += 1
  return `tenant-${names}`
}
