import { describe, expect, it } from '@jest/globals';
import { nearDay, slackDate } from '../../src/sandbox/page/dates.ts';
import { type Inline, type Part, parseMrkdwn, parsePlain } from '../../src/sandbox/page/mrkdwn.ts';

const section = (...elements: Inline[]): Part => ({ type: 'rich_text_section', elements });
const text = (words: string, style?: Extract<Inline, { type: 'text' }>['style']): Inline =>
  style === undefined ? { type: 'text', text: words } : { type: 'text', text: words, style };

describe('mrkdwn, as Slack reads it', () => {
  it.each<[string, string, Part[]]>([
    [
      'bold, italic, struck and code',
      '*a* _b_ ~c~ `d`',
      [
        section(
          text('a', { bold: true }),
          text(' '),
          text('b', { italic: true }),
          text(' '),
          text('c', { strike: true }),
          text(' '),
          text('d', { code: true }),
        ),
      ],
    ],
    [
      'styles in one another',
      '*a _b_*',
      [section(text('a ', { bold: true }), text('b', { bold: true, italic: true }))],
    ],
    ['signs inside of words', 'snake_case_name and 2*3*4', [section(text('snake_case_name and 2*3*4'))]],
    ['nothing inside of code', '`*a* <@U1>`', [section(text('*a* <@U1>', { code: true }))]],
    [
      'headings, lists and links of other Markdowns',
      '# a\n1. b\n[c](https://d.example)',
      [section(text('# a\n1. b\n[c](https://d.example)'))],
    ],
    ['an escaped mention', '&lt;!channel&gt; &lt;@U1&gt;', [section(text('<!channel> <@U1>'))]],
    ['an escaped escape', '&amp;lt;', [section(text('&lt;'))]],
    [
      'a person, a group, a channel',
      '<@U1> <!subteam^S1> <#C1>',
      [
        section({ type: 'user', user_id: 'U1' }, text(' '), { type: 'usergroup', usergroup_id: 'S1' }, text(' '), {
          type: 'channel',
          channel_id: 'C1',
        }),
      ],
    ],
    ['everybody', '<!here>', [section({ type: 'broadcast', range: 'here' })]],
    [
      'a link with words',
      '<https://a.example/?b=1&amp;c=2|go *there*>',
      [section({ type: 'link', url: 'https://a.example/?b=1&c=2', text: 'go *there*' })],
    ],
    ['a link that runs scripts', '<javascript:alert(1)|x>', [section(text('<javascript:alert(1)|x>'))]],
    [
      'a date',
      '<!date^1700000000^{date_short_pretty} {time}|then>',
      [section({ type: 'date', timestamp: 1700000000, format: '{date_short_pretty} {time}' })],
    ],
    [
      'an emoji, and what only looks like one',
      ':fire: 10:30:45',
      [section({ type: 'emoji', name: 'fire' }, text(' 10:30:45'))],
    ],
    [
      'a quote between lines',
      'a\n&gt; b\n> c\nd',
      [section(text('a')), { type: 'rich_text_quote', elements: [text('b\nc')] }, section(text('d'))],
    ],
    [
      'a block of code',
      'a\n```\n*b*\n```',
      [section(text('a\n')), { type: 'rich_text_preformatted', elements: [text('*b*')] }],
    ],
    ['nothing', '', []],
  ])('reads %s', (_what, source, parts) => {
    expect(parseMrkdwn(source)).toEqual(parts);
  });

  it('leaves plain text as it is', () => {
    expect(parsePlain('*a* <!channel> :fire:', false)).toEqual([section(text('*a* <!channel> :fire:'))]);
    expect(parsePlain(':fire:', true)).toEqual([section({ type: 'emoji', name: 'fire' })]);
  });

  it('takes no long over hostile text', () => {
    const startedAt = performance.now();
    for (const hostile of ['*a '.repeat(1000), '_'.repeat(3000), '<'.repeat(3000), '*_~`'.repeat(700)])
      parseMrkdwn(hostile);
    expect(performance.now() - startedAt).toBeLessThan(1000);
  });
});

describe('dates, in the zone of the reader', () => {
  const now = new Date(2026, 2, 10, 12, 0, 0);
  const at = (day: number): number => Math.floor(new Date(2026, 2, day, 9, 5, 7).getTime() / 1000);

  it('calls near days by their names', () => {
    expect(slackDate(at(10), '{date_short_pretty} {time}', now)).toBe('today 9:05 AM');
    expect(slackDate(at(11), '{date_pretty}', now)).toBe('tomorrow');
    expect(slackDate(at(9), '{date_long_pretty}', now)).toBe('yesterday');
    expect(slackDate(at(2), '{date_short_pretty}', now)).toBe('Mar 2, 2026');
    expect(nearDay(new Date(2026, 2, 10, 0, 0, 1), now)).toBe('today');
    expect(nearDay(new Date(2026, 2, 9, 23, 59, 59), now)).toBe('yesterday');
  });

  it('knows the other forms, and leaves what it does not know', () => {
    expect(slackDate(at(2), '{date_num} {time_secs} {date_long} {nothing}', now)).toBe(
      '2026-03-02 9:05:07 AM Monday, March 2, 2026 {nothing}',
    );
  });
});
