/** Cleaning up that happens whether the test passed, failed or ran out of time. */
import { afterAll, onTestFinished } from 'vitest';

type Cleanup = () => Promise<void> | void;

// Each test file evaluates this module for itself, so these are the file's own.
const ofFile: Cleanup[] = [];
afterAll(async () => {
  for (const cleanup of ofFile.splice(0).reverse()) await cleanup();
});

/**
 * Runs `cleanup` at the end of the running test, or at the end of the file when it is called from a hook.
 * What was registered last is cleaned up first. Not for concurrent tests: there is one running test.
 */
export function atEnd(cleanup: Cleanup): void {
  try {
    onTestFinished(cleanup);
  } catch {
    ofFile.push(cleanup);
  }
}
