// The examples, run as somebody would who copied them, with this package in place of the published one.
import assert from 'node:assert/strict'
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { spawn } from 'node:child_process'
import { open } from '@sysnee/pgs'
import { ended, root, said } from './programs.mjs'

const examples = join(root, '..', '..', 'examples', 'node')
const directory = mkdtempSync(join(tmpdir(), 'pgs-ex-'))
// Servers may run as another user, who must reach their data in here.
chmodSync(directory, 0o755)
after(() => rmSync(directory, { recursive: true }))

/** A copy of an example, whose packages are those that this package is developed with. */
function copy(name) {
  const folder = join(directory, name)
  cpSync(join(examples, name), folder, { recursive: true })
  const modules = join(folder, 'node_modules')
  const link = (from, to) => {
    mkdirSync(dirname(join(modules, to)), { recursive: true })
    symlinkSync(from, join(modules, to))
  }
  link(root, '@sysnee/pgs')
  link(join(root, 'bin', 'pgs.js'), '.bin/pgs')
  for (const other of ['express', 'pg', 'vitest']) link(join(root, 'node_modules', other), other)
  link(join(root, 'node_modules', '.bin', 'vitest'), '.bin/vitest')
  return folder
}

function npm(folder, args, env = {}) {
  const child = spawn('npm', args, { cwd: folder, env: { ...process.env, NODE_OPTIONS: '', NODE_TEST_CONTEXT: undefined, ...env } })
  child.said = { stdout: '', stderr: '' }
  for (const stream of ['stdout', 'stderr']) child[stream].setEncoding('utf8').on('data', (text) => (child.said[stream] += text))
  return child
}

async function run(folder, ...args) {
  const outcome = await ended(npm(folder, args), 300_000)
  assert.equal(outcome.code, 0, `${outcome.stdout}\n${outcome.stderr}`)
  return outcome.stdout
}

test('express-saas: its tests', async () => {
  assert.match(await run(copy('express-saas'), 'test'), /# fail 0/)
})

test('express-saas: its program serves, and ends at SIGTERM', async () => {
  const folder = join(directory, 'express-saas')
  const child = spawn(process.execPath, ['src/main.js'], { cwd: folder, env: { ...process.env, APP_SECRET: 'only for this test', PORT: '0' } })
  child.said = { stdout: '', stderr: '' }
  for (const stream of ['stdout', 'stderr']) child[stream].setEncoding('utf8').on('data', (text) => (child.said[stream] += text))
  const [url] = await said(child, 'stdout', /http:\S+/)
  const response = await fetch(`${url}/customers`, { method: 'POST', body: '{"name":"acme"}', headers: { 'content-type': 'application/json' } })
  assert.equal(response.status, 201)
  child.kill('SIGTERM')
  const { code, stderr } = await ended(child)
  assert.deepEqual({ code, stderr }, { code: 0, stderr: '' })
  const pgs = await open(join(folder, 'state'))
  await pgs.purge('acme')
  await pgs.close()
})

test('test-suite: its tests with node:test and vitest', async () => {
  const told = await run(copy('test-suite'), 'test')
  assert.match(told, /# fail 0/)
  assert.match(told, /2 passed/)
})

test('migrated-project: its commands', async () => {
  const folder = copy('migrated-project')
  const states = async () => JSON.parse((await run(folder, 'run', '--silent', 'list', '--', '--json'))).map(({ id, state }) => `${id} ${state}`)
  await run(folder, 'run', 'create', 'acme', '--', '--password', 'geheim')
  await run(folder, 'run', 'create', 'globex')
  assert.deepEqual(await states(), ['acme running', 'globex running'])
  await run(folder, 'run', 'stop', '--', 'acme')
  assert.deepEqual(await states(), ['acme stopped', 'globex running'])
  await run(folder, 'run', 'stop')
  assert.deepEqual(await states(), ['acme stopped', 'globex stopped'])
  await run(folder, 'run', 'start')
  assert.deepEqual(await states(), ['acme running', 'globex running'])
  await run(folder, 'run', 'remove', 'acme')
  assert.deepEqual(await states(), ['globex running'])
  for (const name of ['acme', 'globex']) await run(folder, 'run', 'pgs', '--', 'remove', '--purge', '--yes', name)
  assert.deepEqual(await states(), [])
})
