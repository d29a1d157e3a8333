// The scenarios that the libraries of all languages implement under these names; see bindings/scenarios.txt.
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { AbortError, ephemeral, open } from '@sysnee/pgs'
import { ask, askOnce, client, freshName, gone, happened, house, isAlive, leave, refusal, rejects } from './support.mjs'

let pgs
let proxy

before(async () => {
  pgs = await house()
  proxy = await pgs.serve()
})
after(leave)

/** An enabled tenant, and the URL of its owner. */
async function tenant(options = {}) {
  const { id, uid, password } = await pgs.create(freshName(), { enable: true, ...options })
  return { id, uid, password, url: pgs.urlWithPassword(id, proxy, password) }
}

/** The process id of a tenant's server. */
function postmaster(stateDir, uid) {
  const file = readFileSync(join(stateDir, 'tenants', uid, 'data', 'postmaster.pid'), 'utf8')
  return Number(file.split('\n')[0])
}

test('a_created_tenant_answers_through_the_proxy', async () => {
  const { id, url } = await tenant()
  assert.equal(await askOnce(url, "select current_user || '/' || current_database()"), `${id}/${id}`)
  assert.equal(pgs.url(id, proxy), `postgresql://${id}@${proxy.address}/${id}`)
  assert.equal((await pgs.get(id)).state, 'running')
})

test('a_generated_password_is_shown_once', async () => {
  const [first, second] = [await tenant(), await tenant()]
  assert.ok(first.password.length >= 20)
  assert.notEqual(first.password, second.password)
  const told = JSON.stringify([await pgs.get(first.id), await pgs.list(), await pgs.show(first.id), await pgs.events()])
  assert.ok(!told.includes(first.password))
})

test('a_given_password_is_kept', async () => {
  const password = 'sehr geheim: 50% @ / ? #'
  const given = await tenant({ password })
  assert.equal(given.password, password)
  assert.equal(await askOnce(given.url, 'select 1'), 1)
})

test('a_bad_name_is_refused_by_its_rule', async () => {
  for (const name of ['Acme', '1acme', '', 'postgres', 'pg_acme', 'pgs_acme', 'a'.repeat(64), 'a b', 'ä']) {
    await rejects(pgs.create(name), 'PGS_INVALID_INPUT', name.slice(0, 10))
  }
})

test('a_taken_name_is_refused', async () => {
  const { id, url } = await tenant()
  await rejects(pgs.create(id, { password: 'another' }), 'PGS_ALREADY_EXISTS', id)
  assert.equal(await askOnce(url, 'select 1'), 1)
})

test('an_unknown_tenant_is_named', async () => {
  for (const call of ['get', 'show', 'start', 'stop', 'enable', 'disable', 'remove', 'purge', 'protect', 'logs']) {
    await rejects(pgs[call]('nobody'), 'PGS_NOT_FOUND', 'nobody')
  }
})

test('access_is_disabled_until_it_is_enabled', async () => {
  const { id, url } = await tenant({ enable: false })
  assert.equal((await pgs.get(id)).access, 'disabled')
  await refusal(url)
  await pgs.enable(id)
  assert.equal(await askOnce(url, 'select 1'), 1)
  await pgs.setAccess(id, 'disabled')
  await refusal(url)
  await pgs.setAccess(id, 'enabled')
  assert.equal(await askOnce(url, 'select 1'), 1)
})

test('disabling_ends_live_sessions', async (t) => {
  const { id, url } = await tenant()
  const session = await client(t, url)
  assert.equal(await ask(session, 'select 1'), 1)
  const ended = gone(session)
  await pgs.disable(id)
  await ended
})

test('a_tenant_is_stopped_and_started', async () => {
  const { id, url } = await tenant()
  await askOnce(url, 'create table kept as select 42 as answer')
  await pgs.stop(id)
  assert.equal((await pgs.get(id)).state, 'stopped')
  await refusal(url)
  await pgs.start(id)
  assert.equal(await askOnce(url, 'select answer from kept'), 42)
  await pgs.stopWith(id, 'immediate')
  await pgs.start(id)
  assert.equal(await askOnce(url, 'select answer from kept'), 42)
})

test('all_tenants_are_stopped_and_started', async (t) => {
  const many = await house(t)
  const ids = ['first', 'second']
  for (const id of ids) await many.create(id)
  const states = async () => (await many.list()).map(({ id, state }) => [id, state])
  const done = ids.map((id) => ({ id, failure: null }))
  assert.deepEqual(await many.stopAll(), done)
  assert.deepEqual(await states(), ids.map((id) => [id, 'stopped']))
  assert.deepEqual(await many.startAll(), done)
  assert.deepEqual(await states(), ids.map((id) => [id, 'running']))
})

test('a_password_is_changed_while_serving', async (t) => {
  const { id, url } = await tenant()
  const session = await client(t, url)
  assert.equal(await pgs.setPassword(id, 'given'), 'given')
  assert.equal(await refusal(url), '28P01')
  assert.equal(await askOnce(pgs.urlWithPassword(id, proxy, 'given'), 'select 1'), 1)
  const generated = await pgs.setPassword(id)
  assert.equal(await askOnce(pgs.urlWithPassword(id, proxy, generated), 'select 1'), 1)
  assert.equal(await ask(session, 'select 1'), 1)
})

test('init_scripts_run_once', async () => {
  const initScripts = [
    { name: '1.sql', sql: 'create extension pg_trgm', asAdmin: true },
    { name: '2.sql', sql: 'create table steps (step int); insert into steps values (2)' },
  ]
  const { id, url } = await tenant({ initScripts })
  const third = { name: '3.sql', sql: 'insert into steps values (3)' }
  const outcome = await pgs.runInitScripts(id, [initScripts[1], third])
  assert.deepEqual(outcome, [{ name: '2.sql', applied: false }, { name: '3.sql', applied: true }])
  assert.equal(await askOnce(url, 'select array_agg(step order by step)::text from steps'), '{2,3}')
  assert.equal(await askOnce(url, "select count(*)::int from pg_extension where extname = 'pg_trgm'"), 1)
})

test('a_failing_init_script_leaves_nothing', async () => {
  const id = freshName()
  const initScripts = [{ name: 'bad.sql', sql: 'select * from nowhere' }]
  await rejects(pgs.create(id, { initScripts }), 'PGS_INIT_SCRIPT', 'bad.sql', 'nowhere')
  await rejects(pgs.get(id), 'PGS_NOT_FOUND', id)
  assert.ok(!(await pgs.listTrash()).some((one) => one.id === id))
  await pgs.create(id)
})

test('a_removed_tenant_is_restored', async () => {
  const { id, uid, url } = await tenant()
  await askOnce(url, 'create table kept as select 42 as answer')
  assert.equal(await pgs.remove(id), uid)
  await rejects(pgs.get(id), 'PGS_NOT_FOUND', id)
  const trashed = (await pgs.listTrash()).find((one) => one.uid === uid)
  assert.equal(trashed.state, 'trashed')
  assert.ok(trashed.trashedAt instanceof Date && trashed.createdAt <= trashed.trashedAt)
  await pgs.restore(id)
  await pgs.start(id)
  assert.equal(await askOnce(url, 'select answer from kept'), 42)
  await pgs.remove(id)
  await pgs.restoreUid(uid)
  assert.equal((await pgs.get(id)).uid, uid)
})

test('a_purged_tenant_is_gone', async () => {
  const [one, other] = [await tenant(), await tenant()]
  await pgs.purge(one.id)
  await pgs.remove(other.id)
  await pgs.purgeUid(other.uid)
  for (const { id, uid } of [one, other]) {
    await rejects(pgs.get(id), 'PGS_NOT_FOUND', id)
    await rejects(pgs.restoreUid(uid), 'PGS_NOT_FOUND', uid)
    assert.ok(!existsSync(join(pgs.stateDir, 'tenants', uid)))
    assert.ok(!existsSync(join(pgs.stateDir, 'trash', uid)))
  }
})

test('a_protected_tenant_is_not_removed', async () => {
  const { id } = await tenant({ protect: true })
  assert.equal((await pgs.get(id)).protected, true)
  await rejects(pgs.remove(id), 'PGS_PROTECTED', id)
  await rejects(pgs.purge(id), 'PGS_PROTECTED', id)
  await pgs.unprotect(id)
  await pgs.protect(id)
  await rejects(pgs.remove(id), 'PGS_PROTECTED', id)
  await pgs.unprotect(id)
  await pgs.remove(id)
})

test('limits_and_settings_are_altered', async () => {
  const { id, url } = await tenant({ maxConnections: 7, settings: { work_mem: '2MB', jit: false } })
  assert.equal(await askOnce(url, "select current_setting('work_mem') || current_setting('jit')"), '2MBoff')
  const change = { maxConnections: 1, set: { work_mem: '3MB', shared_buffers: '64MB' }, unset: ['jit'] }
  assert.deepEqual(await pgs.alter(id, change), { atNextStart: ['max_connections', 'shared_buffers'] })
  assert.equal(await askOnce(url, "select current_setting('work_mem')"), '3MB')
  const altered = await pgs.get(id)
  assert.equal(altered.limits.maxConnections, 1)
  assert.deepEqual(altered.settings, { work_mem: '3MB', shared_buffers: '64MB' })
  await pgs.alter(id, { maxConnections: null })
  assert.equal((await pgs.get(id)).limits.maxConnections, null)
  await rejects(pgs.alter(id, { set: { fsync: false } }), 'PGS_INVALID_INPUT', 'fsync')
})

test('networks_are_restricted', async () => {
  const { id, url } = await tenant({ denyFrom: ['127.0.0.0/8'] })
  await refusal(url)
  const networks = await pgs.setNetworks(id, { allowFrom: ['10.0.0.0/8'], denyFrom: null })
  assert.deepEqual(networks, { allowFrom: ['10.0.0.0/8'], denyFrom: [] })
  await refusal(url)
  await pgs.setNetworks(id, { allowFrom: null })
  assert.equal(await askOnce(url, 'select 1'), 1)
  await rejects(pgs.setNetworks(id, { allowFrom: ['everywhere'] }), 'PGS_INVALID_INPUT', 'everywhere')
})

test('events_come_in_order', async () => {
  const last = (await pgs.events(0, 1_000_000)).at(-1).seq
  const { id, uid } = await tenant()
  await pgs.disable(id)
  await pgs.remove(id)
  const events = await pgs.events(last)
  assert.deepEqual(events, events.toSorted((a, b) => a.seq - b.seq))
  const own = events.filter((event) => event.uid === uid)
  const kinds = own.map((event) => event.kind)
  const expected = ['creating', 'created', 'access_disabled', 'removing', 'trashed']
  assert.deepEqual(kinds.filter((kind) => expected.includes(kind)), expected)
  assert.ok(own.every((event) => event.id === id && event.at instanceof Date))
  assert.deepEqual(await pgs.events(last, 1), events.slice(0, 1))
})

test('events_are_followed', async () => {
  const other = await open(pgs.stateDir)
  const last = (await pgs.events(0, 1_000_000)).at(-1).seq
  const id = freshName()
  const kinds = []
  const created = other.create(id, { enable: true })
  for await (const event of pgs.follow(last, { ref: true })) {
    if (event.id !== id) continue
    kinds.push(event.kind)
    if (event.kind === 'created') break
  }
  await created
  assert.equal(kinds[0], 'creating')
  await other.close()
})

test('a_tenant_is_shown_with_what_its_server_tells', async (t) => {
  const { id, url } = await tenant()
  await client(t, url)
  const { tenant: record, isUp, stats, usage } = await pgs.show(id)
  assert.deepEqual(record, await pgs.get(id))
  assert.equal(isUp, true)
  assert.equal(stats.sessions, 1)
  assert.ok(stats.sizeBytes > 1_000_000)
  assert.match(stats.serverVersion, /^18\./)
  assert.match(stats.systemIdentifier, /^\d{10,}$/)
  // Nobody counts it where the system gives no control group.
  assert.ok(usage === null || usage.memoryBytes > 0)
  await pgs.stop(id)
  const stopped = await pgs.show(id)
  assert.deepEqual([stopped.isUp, stopped.stats, stopped.usage], [false, null, null])
})

test('a_servers_log_is_read', async () => {
  const { id, url } = await tenant()
  await assert.rejects(askOnce(url, 'select * from nowhere'))
  assert.match(await pgs.logs(id), /relation "nowhere" does not exist/)
  assert.equal((await pgs.logs(id, 1)).trimEnd().split('\n').length, 1)
})

test('two_managers_see_the_same_tenants', async () => {
  const other = await open({ stateDir: pgs.stateDir })
  const { id, url } = await tenant()
  assert.deepEqual(await other.get(id), await pgs.get(id))
  await other.disable(id)
  assert.equal((await pgs.get(id)).access, 'disabled')
  await refusal(url)
  await other.close()
  assert.equal((await pgs.get(id)).state, 'running')
})

test('tenants_outlive_their_manager', async () => {
  const first = await open(pgs.stateDir)
  const { id, uid, password } = await first.create(freshName(), { enable: true })
  const pid = postmaster(pgs.stateDir, uid)
  await first.close()
  await rejects(first.list(), 'PGS_CLOSED', 'closed')
  assert.ok(isAlive(pid))
  assert.equal(await askOnce(pgs.urlWithPassword(id, proxy, password), 'select 1'), 1)
})

test('an_ephemeral_manager_leaves_nothing', async () => {
  const throwaway = await ephemeral()
  const { uid } = await throwaway.create('acme', { protect: true })
  await throwaway.create('other')
  await throwaway.remove('other')
  const pid = postmaster(throwaway.stateDir, uid)
  assert.ok(isAlive(pid))
  await throwaway.close()
  assert.ok(!existsSync(throwaway.stateDir))
  assert.ok(!isAlive(pid))
})

test('an_abandoned_call_goes_on_to_its_end', async () => {
  const id = freshName()
  const abort = new AbortController()
  const last = (await pgs.events(0, 1_000_000)).at(-1).seq
  const creating = pgs.create(id, { password: 'known', enable: true, signal: abort.signal })
  await happened(pgs, 'creating', last)
  abort.abort(new Error('lost patience'))
  await assert.rejects(creating, (error) => {
    assert.ok(error instanceof AbortError)
    assert.deepEqual([error.name, error.code, error.cause.message], ['AbortError', 'ABORT_ERR', 'lost patience'])
    return true
  })
  await happened(pgs, 'created', last)
  assert.equal((await pgs.get(id)).state, 'running')
  assert.equal(await askOnce(pgs.urlWithPassword(id, proxy, 'known'), 'select 1'), 1)
})

test('sessions_are_listed_and_drained', async (t) => {
  const { id, password } = await tenant()
  const own = await pgs.serve({ drainSeconds: 0 })
  const session = await client(t, `${pgs.urlWithPassword(id, own, password)}?application_name=listed`)
  const [listed, ...others] = await own.sessions()
  assert.deepEqual(others, [])
  assert.equal(listed.tenant, id)
  assert.deepEqual([listed.user, listed.database, listed.applicationName, listed.state], [id, id, 'listed', 'ready'])
  assert.equal(listed.backendPid, await ask(session, 'select pg_backend_pid()'))
  assert.equal((await own.counters()).liveSessions, 1)
  const ended = gone(session)
  const report = await own.shutdown()
  assert.deepEqual(report, { drained: 0, ended: 1, cut: 0 })
  await ended
  assert.deepEqual(await own.close(), report)
  await rejects(own.sessions(), 'PGS_CLOSED')
})

test('failed_logins_are_banned_and_forgiven', async () => {
  const { id, password } = await tenant()
  const own = await pgs.serve({ bans: { failures: 2, firstSeconds: 600, loopback: true } })
  const right = pgs.urlWithPassword(id, own, password)
  const wrong = pgs.urlWithPassword(id, own, 'wrong')
  assert.deepEqual([await refusal(wrong), await refusal(wrong)], ['28P01', '28P01'])
  const [ban] = await own.bans()
  assert.deepEqual([ban.tenant, ban.address], [id, '127.0.0.1'])
  assert.ok(ban.remainingSeconds > 500)
  await refusal(right)
  assert.equal(await own.unban(id, '127.0.0.1'), true)
  assert.equal(await own.unban(id, '127.0.0.1'), false)
  assert.equal(await askOnce(right, 'select 1'), 1)
  await own.close()
})

test('a_listener_has_a_policy_of_its_own', async () => {
  const { id, password } = await tenant()
  const listener = [
    { address: '127.0.0.1:0', keys: ['role.tenant'] },
    { address: '127.0.0.1:0', deny: ['127.0.0.0/8'] },
  ]
  const own = await pgs.serve({ listener })
  const [keyed, denied] = own.addresses
  assert.deepEqual(own.listening.map(({ address }) => address), own.addresses)
  assert.equal(await askOnce(`postgresql://${id}.${id}:${password}@${keyed}/${id}`, 'select current_user'), id)
  await refusal(pgs.urlWithPassword(id, keyed, password))
  await refusal(pgs.urlWithPassword(id, denied, password))
  await own.close()
})

test('a_killed_server_is_started_again', async () => {
  const { uid, url } = await tenant()
  const supervision = await pgs.supervise()
  const last = (await pgs.events(0, 1_000_000)).at(-1).seq
  const pid = postmaster(pgs.stateDir, uid)
  process.kill(pid, 'SIGKILL')
  const started = await happened(pgs, 'started', last)
  assert.equal(started.uid, uid)
  assert.equal(await askOnce(url, 'select 1'), 1)
  assert.notEqual(postmaster(pgs.stateDir, uid), pid)
  await supervision.close()
})
