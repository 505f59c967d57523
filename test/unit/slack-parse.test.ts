import { describe, expect, it } from '@jest/globals';
import { typedDuration } from '../../src/domain/written/duration.ts';
import { parseCommand, readAsk } from '../../src/slack/commands/parse.ts';

describe('a typed duration', () => {
  it.each([
    ['30m', 1_800],
    ['1h', 3_600],
    ['1h30', 5_400],
    ['1h30m', 5_400],
    ['90m', 5_400],
    ['45s', 45],
    ['2hours', 7_200],
    ['2 hours 5 min', 7_500],
    ['1H', 3_600],
    ['1d', 86_400],
  ])('%s is %i seconds', (text, seconds) => expect(typedDuration(text)).toBe(seconds));

  it.each(['', '30', 'soon', 'h', '1.5h', '-1h', '1x', 'INC-42', '42', '30m1h', '1m30'])('%p is none', (text) =>
    expect(typedDuration(text)).toBeNull(),
  );
});

describe('what stands behind /elevate', () => {
  it('is the form when there is nothing', () => {
    expect(parseCommand('')).toEqual({ kind: 'form' });
    expect(parseCommand('   ')).toEqual({ kind: 'form' });
  });

  it('is a word that we know, in any case', () => {
    expect(parseCommand('Help')).toEqual({ kind: 'help' });
    expect(parseCommand('status')).toEqual({ kind: 'status' });
  });

  it('is what was probably meant', () => {
    expect(parseCommand('statsu')).toEqual({ kind: 'unknown', typed: 'statsu', meant: 'status' });
    expect(parseCommand('revok <@U1|dana>')).toMatchObject({ kind: 'unknown', meant: 'revoke' });
    expect(parseCommand('database please')).toEqual({ kind: 'unknown', typed: 'database please', meant: null });
  });

  it('is what was probably meant, and no request, where a mistyped command names a role', () => {
    for (const [line, meant] of [
      ['revok <@U1|dana> orders-db/admin', 'revoke'],
      ['remove <@U1|dana> orders-db/admin', 'revoke'],
      ['extedn orders-db/admin 30m', 'extend'],
      ['status orders-db/admin', 'status'],
      ['break-glas orders-db/admin the site is down', 'break-glass'],
    ]) {
      expect(parseCommand(line ?? '')).toMatchObject({ kind: 'unknown', meant });
    }
    expect(parseCommand('backup orders-db/admin 1h')).toMatchObject({ kind: 'ask' });
    expect(parseCommand('who/done 1h')).toMatchObject({ kind: 'ask' });
  });

  it('names whose access ends by an escaped mention, with a role in either order', () => {
    expect(parseCommand('revoke <@U0123ABC|dana reyes>')).toEqual({ kind: 'revoke', holder: 'U0123ABC', role: null });
    expect(parseCommand('revoke orders-db/admin <@W0123ABC>')).toEqual({
      kind: 'revoke',
      holder: 'W0123ABC',
      role: 'orders-db/admin',
    });
  });

  it('asks whose access is meant when a name is no mention', () => {
    expect(parseCommand('revoke @dana')).toEqual({ kind: 'revoke_whom' });
    expect(parseCommand('revoke')).toEqual({ kind: 'revoke_whom' });
  });

  it('finds what looks like a role wherever it stands', () => {
    expect(parseCommand('1h `orders-db/admin` for src/main')).toMatchObject({
      kind: 'ask',
      roles: ['orders-db/admin', 'src/main'],
    });
  });
});

describe('a line that asks', () => {
  const isTicket = (word: string): boolean => /^INC-\d+$/.test(word);
  const read = (line: string, tickets: typeof isTicket | null = isTicket) => {
    const command = parseCommand(line);
    if (command.kind !== 'ask') throw new Error(`It was read as ${command.kind}`);
    return readAsk(command.words, 'orders-db/admin', tickets);
  };
  const whole = {
    role: 'orders-db/admin',
    duration: '1h',
    start: null,
    times: { duration: '1h', start: null, until: null },
    durationSeconds: 3_600,
    ticket: 'INC-42',
    reason: 'fixing stuck orders',
  };

  it.each([
    'orders-db/admin 1h fixing stuck orders INC-42',
    'INC-42 1h orders-db/admin fixing stuck orders',
    'fixing 1h stuck INC-42 orders orders-db/admin',
    '`orders-db/admin`, 1h, fixing stuck orders “INC-42”',
  ])('%s', (line) => expect(read(line)).toEqual(whole));

  it('takes the first duration and the first ticket, and leaves the others in the reason', () => {
    expect(read('orders-db/admin 1h waited 30m already INC-42 see INC-41')).toMatchObject({
      duration: '1h',
      ticket: 'INC-42',
      reason: 'waited 30m already see INC-41',
    });
  });

  it('takes a start and an end by the clock out of a line where they are asked for, and leaves them in it where not', () => {
    const words = 'orders-db/admin 1h at 14:00 fixing it'.split(' ');
    expect(readAsk(words, 'orders-db/admin', null, 'anywhere')).toMatchObject({
      duration: '1h',
      start: '14:00',
      reason: 'fixing it',
    });
    expect(readAsk(words, 'orders-db/admin', null)).toMatchObject({ start: null, reason: 'at 14:00 fixing it' });
    const until = readAsk(['until', '17:00', 'deploy'], 'a/b', null, 'anywhere');
    expect(until).toMatchObject({ duration: 'until 17:00', reason: 'deploy' });
  });

  it('takes them in front of the reason only, where a reason tells when it happened', () => {
    const words = 'orders-db/admin until 04:00 it broke at 02:50 and lasts until 06:00'.split(' ');
    expect(readAsk(words, 'orders-db/admin', null, 'in front')).toMatchObject({
      duration: 'until 04:00',
      start: null,
      times: { until: { text: '04:00' }, start: null },
      reason: 'it broke at 02:50 and lasts until 06:00',
    });
    expect(readAsk(['at', '14:00', 'broken'], 'a/b', null, 'in front')).toMatchObject({ start: '14:00' });
    expect(readAsk(['broken', 'at', '14:00'], 'a/b', null, 'in front')).toMatchObject({
      start: null,
      reason: 'broken at 14:00',
    });
  });

  it('looks for no ticket where the role has none', () => {
    expect(read('orders-db/admin 1h fixing INC-42', null)).toMatchObject({ ticket: null, reason: 'fixing INC-42' });
  });

  it('says what is missing', () => {
    expect(read('orders-db/admin')).toEqual({
      role: 'orders-db/admin',
      duration: null,
      start: null,
      times: { duration: null, start: null, until: null },
      durationSeconds: null,
      ticket: null,
      reason: '',
    });
  });

  it('reads mentions, channels, links and entities as the person saw them', () => {
    expect(
      read('orders-db/admin 1h for <@U1|dana> in <#C1|help>, a &lt; b &amp;&amp; see <https://x.example/a|x> INC-1'),
    ).toMatchObject({ ticket: 'INC-1', reason: 'for @dana in #help, a < b && see https://x.example/a' });
  });
});
