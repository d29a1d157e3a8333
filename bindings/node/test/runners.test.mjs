// The helper for test suites, in the test runners that it is for.
import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { open } from '@sysnee/pgs'
import { useTenant } from '@sysnee/pgs/test'
import setup from '@sysnee/pgs/test/setup'
import pg from 'pg'
import { askOnce } from './support.mjs'
import { ended, root, start } from './programs.mjs'

const require = createRequire(import.meta.url)

describe('a suite that is over', () => {
  const db = useTenant({ before, after })
  let client

  before(async () => {
    client = new pg.Client(db.connection)
    await client.connect()
    past = { id: db.id, pgs: db.pgs }
  })
  // Behind the helper's own hook, as node:test calls them.
  after(() => client.end())

  test('had a tenant', async () => {
    assert.equal((await client.query('select 1')).rowCount, 1)
  })
})

let past

describe('a suite of node:test', () => {
  const db = useTenant({ before, after }, {
    settings: { work_mem: '1MB' },
    initScripts: [{ name: 'schema.sql', sql: 'create table notes (text text)' }],
  })
  let client

  before(async () => {
    client = new pg.Client(db.connection)
    await client.connect()
  })
  after(() => client.end())

  test('has a tenant with what it asked for', async () => {
    const { rows } = await client.query("select current_user as id, current_setting('work_mem') as work_mem, (select count(*)::int from notes)")
    assert.deepEqual(rows, [{ id: db.id, work_mem: '1MB', count: 0 }])
    assert.ok(!JSON.stringify(db.connection).includes(db.connection.password))
  })

  describe('with a suite of its own within', () => {
    const inner = useTenant({ before, after })

    test('has another tenant of the same manager, made in no time', async () => {
      assert.notEqual(inner.id, db.id)
      assert.equal(inner.pgs.stateDir, db.pgs.stateDir)
      assert.equal(await askOnce(inner.url, "select to_regclass('notes')"), null)
    })
  })

  test('finds nothing of the suite before it', async () => {
    for await (const { id, kind } of past.pgs.follow(0, { ref: true })) {
      if (id === past.id && kind === 'purged') break
    }
  })

  test('still has it when a suite within has ended', async () => {
    assert.equal(await askOnce(db.url, 'select count(*)::int from notes'), 0)
  })
})

test('a suite has its tenant only while it runs', () => {
  const hooks = { beforeAll() {}, afterAll() {} }
  assert.throws(() => useTenant(hooks).url, { code: 'PGS_INVALID_INPUT' })
  for (const none of [{}, null, undefined, 'before']) assert.throws(() => useTenant(none), { code: 'PGS_INVALID_INPUT' })
  for (const none of [null, 5, []]) assert.throws(() => useTenant(hooks, none), { code: 'PGS_INVALID_INPUT' })
})

test('one manager for a whole run', async () => {
  const teardown = await setup()
  const stateDir = process.env.PGS_TEST_SHARED_STATE_DIR
  assert.ok(existsSync(stateDir))
  await teardown()
  assert.ok(!existsSync(stateDir))
  delete process.env.PGS_TEST_SHARED_STATE_DIR
})

/** Runs a test runner's own program in the folder of its files. */
async function run(program, args, env) {
  const child = start([program, ...args], env)
  const outcome = await ended(child, 300_000)
  assert.equal(outcome.code, 0, `${outcome.stdout}\n${outcome.stderr}`)
  return outcome.stdout + outcome.stderr
}

const folder = join(root, 'test', 'runners')
const program = (name, path) => join(dirname(require.resolve(`${name}/package.json`)), path)

for (const shared of ['', '1']) {
  const how = shared ? 'with one manager for all files' : 'with a manager for each process'

  test(`vitest, ${how}`, async () => {
    const args = ['run', '--root', folder, '--config', join(folder, 'vitest.config.mjs')]
    assert.match(await run(program('vitest', 'vitest.mjs'), args, { SHARED: shared, NODE_ENV: 'test' }), /2 passed/)
  })

  test(`jest, ${how}`, async () => {
    const directory = mkdtempSync(join(tmpdir(), 'pgs-node-'))
    const seen = join(directory, 'seen')
    const args = ['--rootDir', folder, '--config', join(folder, 'jest.config.cjs'), '--runInBand']
    const told = await run(program('jest', 'bin/jest.js'), args, { SHARED: shared, SEEN: seen })
    assert.match(told, /2 passed, 2 total/)
    const [one, two] = readFileSync(seen, 'utf8').trim().split('\n')
    assert.equal(one, two)
    assert.ok(!existsSync(one), 'the manager is still there behind the run')
    rmSync(directory, { recursive: true })
  })
}

const jest = () => run(program('jest', 'bin/jest.js'), ['--rootDir', folder, '--config', join(folder, 'jest.config.cjs'), '--runInBand'], { SEEN: '/dev/null' })
const vitest = () => run(program('vitest', 'vitest.mjs'), ['run', '--root', folder, '--config', join(folder, 'vitest.config.mjs')], { NODE_ENV: 'test' })
const nodeTest = () => run('--test', ['--test-concurrency=1', join(folder, 'one.node.mjs'), join(folder, 'two.node.mjs')], { NODE_TEST_CONTEXT: undefined })

for (const [name, runner] of Object.entries({ jest, vitest, 'node:test': nodeTest })) {
  test(`${name}: tenants of suites that are over are deleted, whatever process comes next`, async (t) => {
    const teardown = await setup()
    t.after(async () => {
      await teardown()
      delete process.env.PGS_TEST_SHARED_STATE_DIR
    })
    const pgs = await open(process.env.PGS_TEST_SHARED_STATE_DIR)
    const names = async () => (await pgs.list()).map(({ id }) => id)
    await runner()
    const left = await names()
    assert.ok(left.length > 0)
    // vitest does not wait for the end of one process before it starts another.
    if (runner !== vitest) assert.equal(left.length, 1, 'the first file\'s is still there')
    await runner()
    const later = await names()
    assert.ok(later.length > 0)
    assert.deepEqual(later.filter((id) => left.includes(id)), [])
    await pgs.close()
  })
}
