// Made by `npm run generate`; change ts/ instead.
export * from './index.js'
