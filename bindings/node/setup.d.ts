// Made by `npm run generate`; change ts/ instead.
/**
 * For the `globalSetup` of vitest, jest or node:test: one throw-away manager for all processes of a test run, which makes its
 * template once. It is closed at the end of the run.
 */
declare function setup(): Promise<() => Promise<void>>;

export { setup as default, setup as globalSetup };
