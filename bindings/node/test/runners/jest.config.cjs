module.exports = {
  testMatch: ['**/*.jest.cjs'],
  testEnvironment: 'node',
  ...(process.env.SHARED && { globalSetup: '@sysnee/pgs/test/setup' }),
}
