import { useTenant } from '@sysnee/pgs/test'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

describe('a suite of vitest', () => {
  const db = useTenant({ beforeAll, afterAll })

  test('has a tenant', async () => {
    const client = new pg.Client(db.connection)
    await client.connect()
    expect((await client.query('select current_user as id')).rows).toEqual([{ id: db.id }])
    await client.end()
  })
})
