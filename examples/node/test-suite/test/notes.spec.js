import { useTenant } from '@sysnee/pgs/test'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { Notes, SCHEMA } from '../src/notes.js'

const db = useTenant({ beforeAll, afterAll }, { initScripts: [{ name: 'schema.sql', sql: SCHEMA }] })
let client

beforeAll(async () => {
  client = new pg.Client(db.url)
  await client.connect()
})
beforeEach(() => client.query('truncate notes restart identity'))
afterAll(() => client.end())

test('notes are kept in order', async () => {
  const notes = new Notes(client)
  await notes.add('first')
  await notes.add('second')
  expect(await notes.all()).toEqual([{ id: 1, text: 'first' }, { id: 2, text: 'second' }])
})

test('notes are none at first', async () => {
  expect(await new Notes(client).all()).toEqual([])
})
