import { describe, expect, it } from '@jest/globals';
import { createLogger, createScrubber } from '../../src/logging.ts';

/** A log that keeps its lines. */
function keptLog(secrets: readonly string[] = []) {
  const lines: string[] = [];
  const scrubber = createScrubber(secrets);
  const log = createLogger({ level: 'info', scrubber, destination: { write: (line) => void lines.push(line) } });
  return { log, lines, scrubber, last: (): Record<string, unknown> => JSON.parse(lines.at(-1) ?? 'null') };
}

describe('the scrubber', () => {
  const { scrub } = createScrubber(['correct horse "battery"', 'short']);

  it.each([
    ['token xoxb-123-456-abcDEF was refused', 'token xoxb-[redacted] was refused'],
    ['xoxe.xoxp-1-abc', 'xoxe.xoxp-[redacted]'],
    ['xapp-1-A0-1-ff', 'xapp-[redacted]'],
    ['postgres://bot:hunter2@db:5432/elevate is down', 'postgres://bot:[redacted]@db:5432/elevate is down'],
    ['redis://:hun@ter2@redis:6379/0', 'redis://:[redacted]@redis:6379/0'],
    ['https://hooks.slack.com/commands/T1/2/abc', 'https://hooks.slack.com/[redacted]'],
    ['Authorization: Bearer abcdefgh.ijkl', 'Authorization: Bearer [redacted]'],
    ['host=db password=hunter2 user=bot', 'host=db password=[redacted] user=bot'],
    ['it is correct horse "battery" here', 'it is [redacted] here'],
    [JSON.stringify({ a: 'correct horse "battery"' }), '{"a":"[redacted]"}'],
  ])('%s', (text, expected) => {
    expect(scrub(text)).toBe(expected);
  });

  it.each(['a short word', 'http://localhost:3000/a and b@c', 'at 10:30 by user@example.com', 'req_abc grt_def'])(
    'leaves alone: %s',
    (text) => {
      expect(scrub(text)).toBe(text);
    },
  );

  it('learns what it is told later', () => {
    const scrubber = createScrubber();
    expect(scrubber.scrub('a-vault-secret')).toBe('a-vault-secret');
    scrubber.learn('a-vault-secret');
    expect(scrubber.scrub('a-vault-secret')).toBe('[redacted]');
  });
});

describe('the log', () => {
  it('is JSON with the level by name, a time, and ids as fields', () => {
    const { log, last } = keptLog();
    log.child({ requestId: 'req_1' }).info({ grantId: 'grt_1' }, 'granted');
    expect(last()).toMatchObject({ level: 'info', requestId: 'req_1', grantId: 'grt_1', msg: 'granted' });
    expect(last().time).toMatch(/^\d{4}-\d\d-\d\dT/);
  });

  it('keeps secrets out of messages, errors, their causes and their stacks', () => {
    const { log, last, lines } = keptLog(['the signing secret']);
    const cause = new Error('connect postgres://u:hunter2@db/x');
    log.error({ err: new Error('xoxb-1-2-abc was refused', { cause }) }, 'with the signing secret');
    expect(lines.join('')).not.toMatch(/hunter2|xoxb-1|the signing secret/);
    expect(last()).toMatchObject({ level: 'error', msg: 'with [redacted]' });
    expect(JSON.stringify(last().err)).toContain('xoxb-[redacted] was refused');
  });

  it('keeps fields that hold secrets by their name out', () => {
    const { log, lines } = keptLog();
    log.info({ token: 'aaaa', headers: { authorization: 'bbbb' }, a: { b: { password: 'cccc' } } }, 'x');
    expect(lines.join('')).not.toMatch(/aaaa|bbbb|cccc/);
  });
});
