import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: { include: ['*.spec.mjs'], globalSetup: process.env.SHARED ? '@sysnee/pgs/test/setup' : [] },
})
