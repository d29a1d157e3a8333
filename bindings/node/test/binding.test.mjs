// What is this package's own, and no scenario of all languages: its arguments, its errors, aborting, closing.
import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { inspect } from 'node:util'
import * as esm from '@sysnee/pgs'
import { PgsError, Proxy, ephemeral, open } from '@sysnee/pgs'
import { program } from './programs.mjs'
import { client, emptiedAgain, freshName, gone, happened, house, leave, rejects } from './support.mjs'

let pgs

before(async () => {
  pgs = await house()
})
after(leave)

test('both module systems have the same things', () => {
  const cjs = createRequire(import.meta.url)('@sysnee/pgs')
  assert.deepEqual(Object.keys(esm).sort(), Object.keys(cjs).sort())
  for (const [name, thing] of Object.entries(esm)) assert.equal(cjs[name], thing)
  assert.deepEqual(Object.keys(cjs).sort(), ['AbortError', 'Follow', 'Pgs', 'PgsError', 'Proxy', 'Supervision', 'ephemeral', 'open'])
})

test('an error says what, why and what to do', async () => {
  const error = await pgs.create('Acme').catch((error) => error)
  assert.ok(error instanceof PgsError && error instanceof Error)
  assert.deepEqual([error.name, error.code, error.retryable], ['PgsError', 'PGS_INVALID_INPUT', false])
  assert.match(error.message, /Acme/)
  assert.equal(typeof error.remedy, 'string')
  assert.match(error.stack, /binding\.test\.mjs/)
  assert.match(inspect(error), /PgsError: .*Acme[\s\S]*code: 'PGS_INVALID_INPUT'/)
})

test('a password is shown to nobody by accident', async () => {
  const created = await pgs.create(freshName(), { password: 'geheim-geheim' })
  assert.equal(created.password, 'geheim-geheim')
  for (const told of [inspect(created), inspect(created, { depth: 9 }), JSON.stringify(created), String(created)]) {
    assert.ok(!told.includes('geheim'), told)
  }
  for (const [id, password] of [['Acme', 'geheim-geheim'], [freshName(), 'geheim\0geheim']]) {
    const error = await pgs.create(id, { password }).catch((error) => error)
    assert.equal(error.code, 'PGS_INVALID_INPUT')
    assert.ok(!inspect(error).includes('geheim'), inspect(error))
  }
})

/** Each of these is no count. What they are in an error is not this test's concern, but which option is. */
const NO_COUNTS = [Infinity, -Infinity, NaN, -1, 1.5, 2 ** 32, 1e300, '3', true, null, {}, [3], -1n, 2n ** 64n, 2n ** 200n]

test('no number becomes another one', async () => {
  const calls = {
    trashDays: (value) => open({ stateDir: pgs.stateDir, trashDays: value }),
    'serve.maxSessionsPerTenant': (value) => open({ stateDir: pgs.stateDir, serve: { maxSessionsPerTenant: value } }),
    pids: (value) => pgs.create('never', { pids: value }),
    maxConnections: (value) => pgs.create('never', { maxConnections: value }),
    maxSessionsPerTenant: (value) => pgs.serve({ maxSessionsPerTenant: value }),
    lines: (value) => pgs.logs('never', value),
    limit: (value) => pgs.events(0, value),
  }
  for (const [option, call] of Object.entries(calls)) {
    for (const value of NO_COUNTS) {
      // null is an option that is not given, where there is one, and lifts what may be lifted.
      if (value === null && !['lines', 'limit', 'trashDays'].includes(option)) continue
      await rejects(call(value), 'PGS_INVALID_INPUT', option)
    }
  }
  for (const value of [Infinity, NaN, -1, 0.5, '0', null, -1n, 2n ** 64n]) {
    await rejects(pgs.events(value), 'PGS_INVALID_INPUT', 'after')
    await rejects(pgs.follow(value).next(), 'PGS_INVALID_INPUT', 'after')
  }
  for (const value of [Infinity, NaN, -1, -0.5, 'many', {}]) {
    await rejects(pgs.create('never', { cpus: value }), 'PGS_INVALID_INPUT', 'cpus')
    await rejects(pgs.create('never', { memory: value }), 'PGS_INVALID_INPUT', 'memory')
    await rejects(pgs.alter('never', { shm: value }), 'PGS_INVALID_INPUT', 'shm')
  }
  await rejects(pgs.create('never', { settings: { work_mem: Infinity } }), 'PGS_INVALID_INPUT', 'settings.work_mem')
  assert.deepEqual((await pgs.list()).filter(({ id }) => id === 'never'), [])
})

test('a large number is what it is', async () => {
  const { id } = await pgs.create(freshName(), { maxConnections: 9 })
  await pgs.alter(id, { maxConnections: 100 })
  assert.equal((await pgs.get(id)).limits.maxConnections, 100)
  assert.deepEqual(await pgs.events(2n ** 63n - 1n), [])
  assert.deepEqual(await pgs.events(Number.MAX_SAFE_INTEGER), [])
})

test('an option that is not known is named', async () => {
  await rejects(open({ stateDirectory: '/nowhere' }), 'PGS_INVALID_INPUT', 'stateDirectory', 'stateDir')
  await rejects(open({ state_dir: '/nowhere' }), 'PGS_INVALID_INPUT', 'state_dir')
  await rejects(open({ local: { bindirs: [] } }), 'PGS_INVALID_INPUT', 'bindirs')
  await rejects(pgs.create('never', { memroy: '1g' }), 'PGS_INVALID_INPUT', 'memroy')
  await rejects(pgs.serve({ lisen: '127.0.0.1:0' }), 'PGS_INVALID_INPUT', 'lisen')
  await rejects(pgs.create('never', { initScripts: [{ name: 'x', sql: '', admin: true }] }), 'PGS_INVALID_INPUT', 'admin')
})

test('an argument that is none is named', async () => {
  for (const id of [undefined, null, 5, {}, ['acme'], Symbol('acme')]) {
    await rejects(pgs.get(id), 'PGS_INVALID_INPUT', 'id')
    await rejects(pgs.create(id), 'PGS_INVALID_INPUT', 'id')
  }
  await rejects(pgs.setPassword('acme', 5), 'PGS_INVALID_INPUT', 'password')
  await rejects(pgs.setPassword('acme', 'a\ud800'), 'PGS_INVALID_INPUT', 'password')
  await rejects(pgs.setAccess('acme', 'open'), 'PGS_INVALID_INPUT', 'access', 'open')
  await rejects(pgs.stopWith('acme', 'slow'), 'PGS_INVALID_INPUT', 'mode', 'slow')
  await rejects(pgs.get('acme', { signal: 'now' }), 'PGS_INVALID_INPUT', 'signal')
  await rejects(open(5), 'PGS_INVALID_INPUT', 'options')
  await rejects(open(null), 'PGS_INVALID_INPUT', 'options')
  await rejects(open({ trashDays: () => 3 }), 'PGS_INVALID_INPUT', 'trashDays')
  await rejects(open({ local: new Map() }), 'PGS_INVALID_INPUT', 'local', 'Map')
  const round = {}
  round.local = round
  await rejects(open(round), 'PGS_INVALID_INPUT')
  for (const address of [undefined, 5, 'nowhere', '127.0.0.1']) {
    assert.throws(() => pgs.url('acme', address), { code: 'PGS_INVALID_INPUT' })
  }
  assert.throws(() => pgs.url('Acme', '127.0.0.1:1'), { code: 'PGS_INVALID_INPUT' })
})

test('options that are none are named, and never thrown', async () => {
  const { signal } = new AbortController()
  const supervision = await pgs.supervise()
  const proxy = await pgs.serve()
  for (const [value, told] of [[null, '`null`'], [5, '`5`'], ['1g', 'a text'], [[], 'Array'], [new Map(), 'Map'], [signal, 'AbortSignal']]) {
    const calls = {
      open: () => open(value),
      ephemeral: () => ephemeral(value),
      create: () => pgs.create('never', value),
      alter: () => pgs.alter('never', value),
      setNetworks: () => pgs.setNetworks('never', value),
      serve: () => pgs.serve(value),
      list: () => pgs.list(value),
      get: () => pgs.get('never', value),
      events: () => pgs.events(0, 1, value),
      follow: () => pgs.follow(0, value).next(),
      supervise: () => pgs.supervise(value),
      sessions: () => proxy.sessions(value),
      replaced: () => proxy.replaced(value),
      shutdownUntil: () => proxy.shutdownUntil(signal, value),
      'supervision.close': () => supervision.close(value),
    }
    // A text is a directory to open.
    if (value === '1g') delete calls.open
    for (const call of Object.values(calls)) await rejects(call(), 'PGS_INVALID_INPUT', 'options', told)
  }
  await rejects(pgs.alter('never'), 'PGS_INVALID_INPUT', 'options', 'undefined')
  for (const cut of [undefined, null, 5, {}]) await rejects(proxy.shutdownUntil(cut), 'PGS_INVALID_INPUT', 'cut')
  // None of them has begun what it could not do.
  assert.deepEqual(await proxy.sessions(), [])
  await Promise.all([proxy.close(), supervision.close()])
})

test('an aborted call does not begin', async () => {
  const signal = AbortSignal.abort('reason')
  await assert.rejects(pgs.create('never', { signal }), { name: 'AbortError', code: 'ABORT_ERR', cause: 'reason' })
  await assert.rejects(pgs.list({ signal }), { name: 'AbortError' })
  await assert.rejects(open({ stateDir: '/nowhere', signal }), { name: 'AbortError' })
  await rejects(pgs.get('never'), 'PGS_NOT_FOUND')
})

test('a proxy that comes too late is closed', { timeout: 60_000 }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'pgs-late-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const emptied = emptiedAgain(folder)
  const abort = new AbortController()
  const serving = pgs.serve({ listen: `unix:${folder}`, signal: abort.signal })
  abort.abort()
  await assert.rejects(serving, { name: 'AbortError' })
  await emptied
})

test('a throw-away manager that comes too late is deleted', { timeout: 60_000 }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'pgs-late-'))
  t.after(() => rmSync(folder, { recursive: true }))
  // Servers may run as another user, who must reach their data in here, or it cannot be opened at all.
  chmodSync(folder, 0o755)
  const { code, stdout, stderr } = await program(
    `import { createRequire } from 'node:module'
    import { ephemeral } from '@sysnee/pgs'
    import { emptiedAgain } from './test/support.mjs'
    // Kept, or it would be closed as garbage.
    const native = createRequire(process.cwd() + '/')('./native.js')
    const { ephemeralNative } = native
    native.ephemeralNative = (...args) => (globalThis.kept = ephemeralNative(...args))
    const emptied = emptiedAgain(process.env.TMPDIR)
    const abort = new AbortController()
    const opening = ephemeral({ signal: abort.signal })
    abort.abort()
    await opening.catch((error) => console.log(error.name))
    await emptied
    console.log('gone')`,
    { env: { TMPDIR: folder } },
  )
  assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: 'AbortError\ngone\n', stderr: '' })
})

test('a signal keeps nothing of calls that are over', async () => {
  const { signal } = new AbortController()
  let listening = 0
  const { addEventListener, removeEventListener } = signal
  signal.addEventListener = (...args) => (listening++, addEventListener.apply(signal, args))
  signal.removeEventListener = (...args) => (listening--, removeEventListener.apply(signal, args))
  await Promise.all(Array.from({ length: 50 }, () => pgs.list({ signal })))
  await pgs.get('never', { signal }).catch(() => {})
  assert.equal(listening, 0)
})

test('a follower ends when it is left, aborted, closed or its manager is', async () => {
  await pgs.create(freshName())
  const own = await open(pgs.stateDir)
  const left = own.follow(0, { ref: true })
  for await (const event of left) {
    assert.equal(event.seq, 1)
    break
  }
  assert.deepEqual(await left.next(), { done: true, value: undefined })

  const last = (await own.events(0, 1_000_000)).at(-1).seq
  const abort = new AbortController()
  const aborted = own.follow(last, { signal: abort.signal, ref: true })
  const waiting = aborted.next()
  abort.abort()
  await assert.rejects(waiting, { name: 'AbortError' })

  const closed = own.follow(last, { ref: true })
  const waitingForIt = closed.next()
  closed.close()
  assert.equal((await waitingForIt).done, true)

  const orphan = own.follow(last, { ref: true })
  const waitingStill = orphan.next()
  await own.close()
  assert.equal((await waitingStill).done, true)
  await rejects(own.follow().next(), 'PGS_CLOSED')
})

test('closing does not wait for sessions, and may be done twice', async (t) => {
  const own = await open(pgs.stateDir)
  const { id, password } = await own.create(freshName(), { enable: true })
  const proxy = await own.serve({ drainSeconds: 600 })
  const session = await client(t, own.urlWithPassword(id, proxy, password))
  const ended = gone(session)
  await Promise.all([own.close(), own.close()])
  await own.close()
  await ended
  for (const call of ['list', 'events', 'startAll', 'serve', 'supervise', 'reconcile']) await rejects(own[call](), 'PGS_CLOSED')
  assert.equal(own.url(id, proxy), `postgresql://${id}@${proxy.address}/${id}`)
  await rejects(proxy.sessions(), 'PGS_CLOSED')
  await rejects(proxy.replaced({ ref: true }), 'PGS_CLOSED')
  assert.equal((await proxy.close()).drained, 0)
})

test('a manager and what is made of it are disposed of', async () => {
  const own = await open(pgs.stateDir)
  const things = [await own.serve(), await own.supervise(), own.follow(), own]
  for (const thing of things) await thing[Symbol.asyncDispose]()
  await rejects(own.list(), 'PGS_CLOSED')
})

test('a shutdown is cut short', async (t) => {
  const { id, password } = await pgs.create(freshName(), { enable: true })
  const proxy = await pgs.serve({ drainSeconds: 600 })
  await client(t, pgs.urlWithPassword(id, proxy, password))
  const cut = new AbortController()
  const ending = proxy.shutdownUntil(cut.signal)
  cut.abort()
  const { drained, ...others } = await ending
  assert.deepEqual([drained, others.ended + others.cut], [0, 1])

  const another = await pgs.serve({ drainSeconds: 600 })
  await client(t, pgs.urlWithPassword(id, another, password))
  assert.equal((await another.shutdownUntil(Promise.resolve())).drained, 0)

  const last = await pgs.serve({ drainSeconds: 600 })
  await client(t, pgs.urlWithPassword(id, last, password))
  await assert.rejects(last.shutdownUntil(Promise.reject(new Error('mine'))), /^Error: mine$/)
  assert.equal((await last.shutdown()).drained, 0)
})

test('a proxy says where it is', async () => {
  const proxy = await pgs.serve({ metrics: '127.0.0.1:0' })
  assert.ok(proxy instanceof Proxy)
  assert.match(proxy.address, /^127\.0\.0\.1:\d+$/)
  assert.deepEqual([proxy.addresses, proxy.exposed, proxy.predecessors], [[proxy.address], [], []])
  assert.deepEqual(proxy.listening, [{ configured: '127.0.0.1:0', address: proxy.address }])
  const metrics = await fetch(`http://${proxy.metricsAddress}/metrics`)
  assert.match(await metrics.text(), /pgs_/)
  const bare = await pgs.serve()
  assert.equal(bare.metricsAddress, null)
  await Promise.all([proxy.close(), bare.close()])
})

test('a proxy is taken over from', async () => {
  const first = await pgs.serve({ replaceable: true })
  const replaced = first.replaced({ ref: true })
  const second = await pgs.serve({ takeover: true, replaceable: true, listen: first.address })
  assert.deepEqual(second.predecessors, [process.pid])
  assert.equal(await replaced, process.pid)
  assert.deepEqual(await first.finished(), { drained: 0, ended: 0, cut: 0 })
  await second.close()
})

test('many calls at one time all answer', async () => {
  const id = freshName()
  const last = (await pgs.events(0, 1_000_000)).at(-1)?.seq ?? 0
  const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => pgs.create(id)))
  const failed = outcomes.filter(({ status }) => status === 'rejected')
  assert.equal(failed.length, 19)
  assert.ok(failed.every(({ reason }) => ['PGS_ALREADY_EXISTS', 'PGS_BUSY'].includes(reason.code)))
  assert.equal((await happened(pgs, 'created', last)).id, id)
})
