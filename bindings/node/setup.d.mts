// Made by `npm run generate`; change ts/ instead.
export * from './setup.js'
export { default } from './setup.js'
