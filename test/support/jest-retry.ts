import { expect, jest } from '@jest/globals';

/**
 * In CI, a test of the whole system may be tried twice more, and each failure is printed: its machines are shared and noisy, and a
 * whole browser, several databases, queues and Slack's three seconds are in play. Unit and property tests get none, nor does any test on a
 * developer's machine.
 */
const { testPath } = expect.getState();
if (process.env.CI && /[\\/]test[\\/](contract|e2e|faults|integration)[\\/]/.test(testPath ?? '')) {
  jest.retryTimes(2, { logErrorsBeforeRetry: true });
}
