import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { useTenant } from '@sysnee/pgs/test'
import pg from 'pg'

describe('a suite of node:test', () => {
  const db = useTenant({ before, after })
  let client

  before(async () => {
    client = new pg.Client(db.connection)
    await client.connect()
  })
  // Behind the helper's own hook, which therefore must not delete the tenant.
  after(() => client.end())

  test('has a tenant', async () => {
    assert.deepEqual((await client.query('select current_user as id')).rows, [{ id: db.id }])
  })
})
