// The drivers that people have.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import pg from 'pg'
import postgres from 'postgres'
import { house, leave } from './support.mjs'

let url

before(async () => {
  const pgs = await house()
  const proxy = await pgs.serve()
  const { id, password } = await pgs.create('acme', { enable: true, password: 'p@ss/w?rd #1' })
  url = pgs.urlWithPassword(id, proxy, password)
})
after(leave)

test('node-postgres: a pool, parameters, a transaction and an error', async () => {
  const pool = new pg.Pool({ connectionString: url, max: 5 })
  await pool.query('create table notes (id int primary key, text text)')
  await Promise.all(Array.from({ length: 20 }, (_, n) => pool.query('insert into notes values ($1, $2)', [n, `note ${n}`])))
  const client = await pool.connect()
  await client.query('begin')
  await client.query('delete from notes')
  await client.query('rollback')
  client.release()
  assert.deepEqual((await pool.query('select count(*)::int from notes')).rows, [{ count: 20 }])
  await assert.rejects(pool.query('insert into notes values (0)'), { code: '23505' })
  await pool.end()
})

test('postgres.js: a pool, parameters, a transaction, a listener and an error', async () => {
  const sql = postgres(url, { max: 5, onnotice: () => {} })
  await sql`create table things (id int primary key, text text)`
  await sql`insert into things ${sql([1, 2, 3].map((id) => ({ id, text: `thing ${id}` })))}`
  await sql.begin((sql) => sql`update things set text = 'changed' where id = ${2}`)
  assert.deepEqual([...(await sql`select text from things where id = ${2}`)], [{ text: 'changed' }])
  const heard = new Promise((resolve) => sql.listen('news', resolve, () => sql.notify('news', 'hello')))
  assert.equal(await heard, 'hello')
  await assert.rejects(sql`insert into things values (1)`, { code: '23505' })
  await sql.end()
})
