import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { open } from '@sysnee/pgs'
import { start } from '../src/service.js'

const stateDir = join(tmpdir(), `express-saas-${randomUUID().slice(0, 8)}`)
const options = { stateDir, secret: 'only for this test', port: 0 }
let service

before(async () => {
  service = await start(options)
})

after(async () => {
  await service.close()
  const pgs = await open(stateDir)
  for (const { uid } of [...(await pgs.list()), ...(await pgs.listTrash())]) await pgs.purgeUid(uid)
  await pgs.close()
  rmSync(stateDir, { recursive: true })
})

async function call(method, path, { customer, ...body } = {}) {
  const response = await fetch(`http://127.0.0.1:${service.port}${path}`, {
    method,
    headers: { 'content-type': 'application/json', ...(customer && { 'x-customer': customer }) },
    ...(method === 'POST' && { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  return [response.status, text && JSON.parse(text)]
}

test('a customer signs up, and has notes that no other customer has', async () => {
  assert.deepEqual(await call('POST', '/customers', { name: 'acme' }), [201, ''])
  assert.deepEqual(await call('POST', '/customers', { name: 'globex' }), [201, ''])
  assert.deepEqual(await call('POST', '/notes', { customer: 'acme', text: 'hello' }), [201, { id: 1, text: 'hello' }])
  assert.deepEqual(await call('GET', '/notes', { customer: 'acme' }), [200, [{ id: 1, text: 'hello' }]])
  assert.deepEqual(await call('GET', '/notes', { customer: 'globex' }), [200, []])
})

test('signing up twice is the same as once, at the same time too', async () => {
  const outcomes = await Promise.all([1, 2, 3].map(() => call('POST', '/customers', { name: 'twice' })))
  assert.ok(outcomes.every(([status]) => status === 201 || status === 200), JSON.stringify(outcomes))
  assert.deepEqual(await call('POST', '/customers', { name: 'twice' }), [200, ''])
  assert.deepEqual(await call('GET', '/notes', { customer: 'twice' }), [200, []])
})

test('a name that is none is the client\'s mistake', async () => {
  const [status, { code }] = await call('POST', '/customers', { name: 'No Name!' })
  assert.deepEqual([status, code], [400, 'PGS_INVALID_INPUT'])
})

test('who does not say who it is, or is nobody, gets nothing', async () => {
  assert.equal((await call('GET', '/notes'))[0], 400)
  for (const [customer, status, code] of [['nobody', 404, 'PGS_NOT_FOUND'], ['undefined', 404, 'PGS_NOT_FOUND'], ['No Name!', 400, 'PGS_INVALID_INPUT']]) {
    const [found, body] = await call('GET', '/notes', { customer })
    assert.deepEqual([found, body.code], [status, code])
  }
})

test('a customer that is shut out, or signed off, gets nothing', async () => {
  await call('POST', '/customers', { name: 'leaving' })
  assert.equal((await call('GET', '/notes', { customer: 'leaving' }))[0], 200)
  assert.equal((await call('DELETE', '/customers/leaving'))[0], 204)
  assert.equal((await call('GET', '/notes', { customer: 'leaving' }))[0], 404)
  await call('POST', '/customers', { name: 'shut-out' })
  await service.pgs.disable('shut-out')
  assert.equal((await call('GET', '/notes', { customer: 'shut-out' }))[0], 403)
})

test('everything is there again after a restart', async () => {
  await service.close()
  service = await start(options)
  assert.deepEqual(await call('GET', '/notes', { customer: 'acme' }), [200, [{ id: 1, text: 'hello' }]])
})
