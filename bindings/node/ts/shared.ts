/** The environment variable that tells the processes of a test run which manager they share. */
export const SHARED_STATE_DIR = 'PGS_TEST_SHARED_STATE_DIR'
