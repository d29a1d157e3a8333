// The package's `pgs` command: the same as the other one, in a process of Node.js.
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { closeSync, openSync, readFileSync, rmSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import { client, freeDirectory, gone, house, isAlive, leave, skipped } from './support.mjs'
import { command, ended, pgsCommand, said, start } from './programs.mjs'

let pgs
let env

before(async () => {
  pgs = await house()
  env = { PGS_STATE_DIR: pgs.stateDir }
  await pgs.create('acme', { enable: true, password: 'geheim' })
})
after(leave)

const serve = (...args) => start([command, 'serve', '--listen', '127.0.0.1:0', ...args], env)
const listening = async (child) => (await said(child, 'stdout', /Listening on (\S+):/))[1]

test('it says its version, its help and what it does not understand', async () => {
  assert.match((await pgsCommand(['--version'])).stdout, /^pgs \d/)
  assert.match((await pgsCommand(['--help'])).stdout, /Exit codes: 0 done/)
  const { code, stderr } = await pgsCommand(['craete'])
  assert.equal(code, 2)
  assert.match(stderr, /create/)
})

test('exit codes are the same', async () => {
  for (const [code, ...args] of [
    [0, 'create', 'other', '--password', 'geheim', '--enable'],
    [4, 'create', 'other'],
    [3, 'show', 'nobody'],
    [2, 'create', 'Acme'],
    [0, 'list'],
    [0, 'stop', 'other'],
    [5, 'psql', 'other'],
    [0, 'start', 'other'],
    [0, 'remove', 'other', '--yes'],
    [0, 'doctor'],
  ]) {
    const outcome = await pgsCommand(args, env)
    assert.equal(outcome.code, code, JSON.stringify({ args, outcome }))
  }
  const { stdout } = await pgsCommand(['list', '--json'], env)
  assert.deepEqual(JSON.parse(stdout).map(({ id }) => id), ['acme'])
})

for (const signal of ['SIGINT', 'SIGTERM']) {
  test(`${signal} to a serving one drains, and a second one cuts`, async (t) => {
    const child = serve()
    const address = await listening(child)
    const session = await client(t, pgs.urlWithPassword('acme', address, 'geheim'))
    const over = gone(session)
    child.kill(signal)
    await said(child, 'stderr', /Stopping: sessions have/)
    assert.equal((await session.query('select 1')).rowCount, 1)
    child.kill(signal)
    const { code, signal: killer, stderr } = await ended(child)
    assert.deepEqual({ code, killer }, { code: 0, killer: null })
    assert.match(stderr, /Stopped: 0 sessions ended by themselves, (1 by their servers, 0|0 by their servers, 1) were cut/)
    await over
  })
}

test('a drain ends with the last session', async (t) => {
  const child = serve()
  const session = await client(t, pgs.urlWithPassword('acme', await listening(child), 'geheim'))
  child.kill('SIGTERM')
  await said(child, 'stderr', /Stopping/)
  await session.end()
  const { code, stderr } = await ended(child)
  assert.equal(code, 0)
  assert.match(stderr, /Stopped: 1 sessions ended by themselves/)
})

test('in the background it goes on behind its command', async (t) => {
  // The log goes on to the same standard error, which therefore is a file.
  const log = freeDirectory()
  const stderr = openSync(log, 'w')
  const arguments_ = [command, 'serve', '--listen', '127.0.0.1:0', '--background']
  const { stdout, status } = spawnSync(process.execPath, arguments_, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', stderr] })
  assert.equal(status, 0, readFileSync(log, 'utf8'))
  const [, address] = String(stdout).match(/Listening on (\S+):/)
  const session = await client(t, pgs.urlWithPassword('acme', address, 'geheim'))
  const successor = serve('--takeover')
  const [, pid] = await said(successor, 'stderr', /Taken over from process (\d+)/)
  assert.ok(isAlive(Number(pid)))
  assert.equal((await session.query('select 1')).rowCount, 1)
  await session.end()
  successor.kill('SIGTERM')
  assert.equal((await ended(successor)).code, 0)
  assert.match(readFileSync(log, 'utf8'), /Another process has taken over/)
  closeSync(stderr)
  rmSync(log)
})

test('psql takes the place of the command', async (t) => {
  const { stdout, code, stderr } = await pgsCommand(['psql', 'acme', '--', '-Atc', "select 'from psql'"], { ...env, PGPASSWORD: 'geheim' })
  if (code === 7) return skipped(t, 'pgs psql', 'no psql is installed')
  assert.deepEqual({ stdout, code, stderr }, { stdout: 'from psql\n', code: 0, stderr: '' })
})

test('an interrupted command ends at once', async () => {
  const fifo = freeDirectory()
  execFileSync('mkfifo', [fifo])
  const child = start([command, 'init', 'acme', fifo], env)
  // It opens once the command has it open to read, and then waits for its SQL.
  const writer = await open(fifo, 'w')
  child.kill('SIGINT')
  const { code, signal } = await ended(child)
  assert.deepEqual({ code, signal }, { code: null, signal: 'SIGINT' })
  await writer.close()
  rmSync(fifo)
})
