import Sequencer from '@jest/test-sequencer';

/**
 * What takes longest begins first: begun last, one of them would go on alone while the other workers have nothing left to do. Jest knows
 * durations only where it ran before, and otherwise goes by the size of the files, which here says nothing. Beside the rounds of faults,
 * which need the processors, run those that mostly wait.
 */
const FIRST = [
  'test/faults/faults',
  'test/e2e/crash',
  'test/e2e/restored-database',
  'test/e2e/stop-in-the-middle',
  'test/contract/queue-postgres',
  'test/contract/queue-redis',
  'test/e2e/two-processes',
  'test/integration/policy-reload',
  'test/e2e/scenarios',
  'test/e2e/slack-faults',
  'test/e2e/slack-faults-forms',
  'test/e2e/demo',
  'test/e2e/audit-channel',
  'test/model/exhaustive',
];

export default class LongestFirst extends Sequencer {
  sort(tests) {
    const place = ({ path }) => {
      const at = FIRST.findIndex((name) => path.replaceAll('\\', '/').endsWith(`/${name}.test.ts`));
      return at < 0 ? FIRST.length : at;
    };
    return super.sort([...tests]).sort((a, b) => place(a) - place(b));
  }
}
