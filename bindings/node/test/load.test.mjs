// Many calls, and nothing left of them. PGS_TEST_LONG=1 makes it a thousand tenants; a few otherwise.
import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { ephemeral } from '@sysnee/pgs'

const TENANTS = process.env.PGS_TEST_LONG ? 1000 : 20
const AT_ONE_TIME = process.env.PGS_TEST_LONG ? 100 : 10

let pgs
const unhandled = []
const note = (reason) => unhandled.push(reason)

before(async () => {
  process.on('unhandledRejection', note)
  pgs = await ephemeral()
})
after(async () => {
  await pgs.close()
  process.off('unhandledRejection', note)
})

/** What this process holds. */
function held() {
  globalThis.gc?.()
  const status = readFileSync('/proc/self/status', 'utf8')
  return {
    descriptors: readdirSync('/proc/self/fd').length,
    threads: readdirSync('/proc/self/task').length,
    megabytes: Number(status.match(/VmRSS:\s+(\d+)/)[1]) / 1024,
  }
}

async function makeAndPurge(number) {
  const id = `load-${number}`
  await pgs.create(id)
  await pgs.purge(id)
}

/** All of them, so many at one time. */
async function many(count, width, work) {
  let next = 0
  const lane = async () => {
    while (next < count) await work(next++)
  }
  await Promise.all(Array.from({ length: width }, lane))
}

test(`${TENANTS} tenants are made and purged without a leak`, { timeout: 3_600_000 }, async (t) => {
  await many(4, 2, (number) => makeAndPurge(`warm-${number}`))
  const start = held()
  const begun = performance.now()
  await many(TENANTS, 4, makeAndPurge)
  const seconds = (performance.now() - begun) / 1000
  const end = held()
  t.diagnostic(`${TENANTS} in ${seconds.toFixed(1)} s, from ${JSON.stringify(start)} to ${JSON.stringify(end)}`)
  assert.deepEqual(await pgs.list(), [])
  assert.deepEqual(await pgs.listTrash(), [])
  assert.ok(end.descriptors <= start.descriptors + 4, JSON.stringify({ start, end }))
  assert.ok(end.megabytes <= start.megabytes + 64, JSON.stringify({ start, end }))
  assert.deepEqual(unhandled, [])
})

test(`${AT_ONE_TIME} calls at one time all answer`, { timeout: 3_600_000 }, async (t) => {
  const start = held()
  const begun = performance.now()
  const ids = Array.from({ length: AT_ONE_TIME }, (_, number) => `together-${number}`)
  await Promise.all(ids.map((id) => pgs.create(id)))
  const looked = await Promise.all(ids.flatMap((id) => [pgs.get(id), pgs.show(id), pgs.enable(id), pgs.logs(id, 1)]))
  assert.equal(looked.length, AT_ONE_TIME * 4)
  assert.equal((await pgs.list()).length, AT_ONE_TIME)
  await Promise.all(ids.map((id) => pgs.purge(id)))
  const end = held()
  t.diagnostic(`${AT_ONE_TIME} in ${((performance.now() - begun) / 1000).toFixed(1)} s, from ${JSON.stringify(start)} to ${JSON.stringify(end)}`)
  assert.deepEqual(await pgs.list(), [])
  assert.ok(end.descriptors <= start.descriptors + 4, JSON.stringify({ start, end }))
  assert.deepEqual(unhandled, [])
})
