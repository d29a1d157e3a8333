import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import { useTenant } from '@sysnee/pgs/test'
import pg from 'pg'
import { Notes, SCHEMA } from '../src/notes.js'

describe('notes', () => {
  const db = useTenant({ before, after }, { initScripts: [{ name: 'schema.sql', sql: SCHEMA }] })
  let client

  before(async () => {
    client = new pg.Client(db.url)
    await client.connect()
  })
  beforeEach(() => client.query('truncate notes restart identity'))
  after(() => client.end())

  test('are kept in order', async () => {
    const notes = new Notes(client)
    await notes.add('first')
    await notes.add('second')
    assert.deepEqual(await notes.all(), [{ id: 1, text: 'first' }, { id: 2, text: 'second' }])
  })

  test('are none at first', async () => {
    assert.deepEqual(await new Notes(client).all(), [])
  })
})

describe('another suite', () => {
  const db = useTenant({ before, after }, { settings: { work_mem: '1MB' } })

  test('has another server', async () => {
    const client = new pg.Client(db.url)
    await client.connect()
    const { rows } = await client.query("select to_regclass('notes') as notes, current_setting('work_mem') as work_mem")
    assert.deepEqual(rows, [{ notes: null, work_mem: '1MB' }])
    await client.end()
  })
})
