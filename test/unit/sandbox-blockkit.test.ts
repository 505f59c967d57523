import { describe, expect, it } from '@jest/globals';
import {
  validateErrors,
  validateMessage,
  validateOptions,
  validateUpdate,
  validateView,
} from '../../src/sandbox/blockkit/validate.ts';
import type { Violation } from '../../src/sandbox/blockkit/violation.ts';
import type { Json } from '../../src/sandbox/workspace/json.ts';

const long = (length: number): string => 'x'.repeat(length);
const plain = (text: string): Json => ({ type: 'plain_text', text });
const mrkdwn = (text: string): Json => ({ type: 'mrkdwn', text });
const section = (text: Json, more: Json = {}): Json => ({ type: 'section', text, ...more });
const button = (more: Json = {}): Json => ({ type: 'button', action_id: 'go', text: plain('Go'), ...more });
const actions = (...elements: Json[]): Json => ({ type: 'actions', elements });
const option = (value: string): Json => ({ text: plain(value), value });
const many = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));
const input = (element: Json, more: Json = {}): Json => ({ type: 'input', label: plain('Name'), element, ...more });
const textInput = (more: Json = {}): Json => ({ type: 'plain_text_input', action_id: 'name', ...more });
const select = (more: Json = {}): Json => ({
  type: 'static_select',
  action_id: 'pick',
  options: [option('a')],
  ...more,
});

const message = (blocks: Json[], text: unknown = 'Dana asks for access'): Json => ({ channel: 'C1', text, blocks });
const modal = (blocks: Json[], more: Json = {}): Json => ({
  type: 'modal',
  title: plain('Ask'),
  submit: plain('Send'),
  blocks,
  ...more,
});
const home = (blocks: Json[], more: Json = {}): Json => ({ type: 'home', blocks, ...more });

const rulesOf = (found: readonly Violation[]): string[] => found.map((violation) => violation.rule);

describe('what Slack takes', () => {
  const confirm = {
    title: plain('Sure?'),
    text: mrkdwn('It is *production*.'),
    confirm: plain('Yes'),
    deny: plain('No'),
  };
  const card = [
    { type: 'header', text: plain('Access request') },
    section(mrkdwn('*<@U0DEV>* asks for `orders-db/admin` until <!date^1767225600^{date_short_pretty} {time}|12:00>')),
    { type: 'section', fields: many(10, (i) => mrkdwn(`*Field ${i}*\nvalue`)) },
    section(mrkdwn('> fixing orders &lt;!channel&gt; &amp; more'), {
      accessory: button({ url: 'https://a.example/?a=1&b=2' }),
    }),
    { type: 'divider' },
    {
      type: 'context',
      elements: [mrkdwn('<!subteam^S0DBA> may decide · <https://a.example/?a=1&b=2|the rule>'), plain('a < b')],
    },
    actions(
      button({ style: 'primary', confirm, value: 'r1', accessibility_label: 'Approve the request of Dana' }),
      button({ action_id: 'deny', style: 'danger' }),
      { type: 'overflow', action_id: 'more', options: [option('edit')] },
    ),
  ];

  it('has nothing against a full card', () => {
    expect(validateMessage(message(card))).toEqual([]);
    expect(validateMessage({ text: 'x', blocks: JSON.stringify(card) })).toEqual([]);
    expect(validateUpdate(message(card))).toEqual([]);
    expect(validateMessage({ text: 'Words alone are enough &amp; fine.' })).toEqual([]);
  });

  it('has nothing against a full modal and a home', () => {
    const fields = [
      input({ type: 'external_select', action_id: 'role', min_query_length: 0, placeholder: plain('Search') }),
      input(select({ initial_option: option('a') }), { dispatch_action: true, optional: true, hint: plain('One.') }),
      input(textInput({ multiline: true, min_length: 3, max_length: 500, focus_on_load: true })),
      input({ type: 'radio_buttons', action_id: 'how', options: [{ text: mrkdwn('*a*'), value: 'a' }] }),
      input({ type: 'datetimepicker', action_id: 'when', initial_date_time: 1_767_225_600 }),
      input({ type: 'number_input', action_id: 'count', is_decimal_allowed: false }),
    ];
    expect(validateView(modal(fields))).toEqual([]);
    expect(validateView(JSON.stringify(modal(fields)))).toEqual([]);
    expect(validateView(home([...card, input(textInput())]))).toEqual([]);
  });

  it('takes exactly as much as the limits say', () => {
    expect(validateMessage(message(many(50, () => ({ type: 'divider' }))))).toEqual([]);
    expect(validateMessage(message([section(mrkdwn(long(3000)))]))).toEqual([]);
    expect(validateView(modal([], { title: plain(long(24)) }))).toEqual([]);
    expect(validateMessage(message(many(4, () => section(mrkdwn(long(3000))))))).toEqual([]);
    expect(validateUpdate({ text: long(4000) })).toEqual([]);
    expect(validateOptions({ options: many(100, (i) => option(String(i))) })).toEqual([]);
  });
});

describe('planted violations in a message', () => {
  const house = undefined;
  it.each<[string, Json, string, string | undefined]>([
    ['51 blocks', message(many(51, () => ({ type: 'divider' }))), 'message.blocks.count', 'invalid_blocks'],
    ['3,001 characters', message([section(mrkdwn(long(3001)))]), 'section.text.length', 'invalid_blocks'],
    [
      '13,300 characters in all',
      message(many(5, () => section(mrkdwn(long(2660))))),
      'message.total',
      'msg_blocks_too_long',
    ],
    ['a missing text beside blocks', message([section(plain('x'))], ''), 'message.text.missing', house],
    ['no content at all', { channel: 'C1' }, 'message.text.missing', 'no_text'],
    ['text that Slack would cut', { text: long(40_001) }, 'message.text.length', house],
    ['an unescaped mention', message([section(mrkdwn('why: <!channel> look'))]), 'section.text.mention', house],
    ['a mention with a label', message([section(mrkdwn('<!here|here>'))]), 'section.text.mention', house],
    ['a mention in the top-level text', { text: 'because <!everyone>' }, 'message.text.mention', house],
    ['a mention in a markdown block', message([{ type: 'markdown', text: '<!channel>' }]), 'markdown.mention', house],
    ['a broadcast in rich text', message([richBroadcast()]), 'rich_text.mention', house],
    ['an unescaped bracket', message([section(mrkdwn('if a < b'))]), 'section.text.unescaped', house],
    ['an unknown reference', message([section(mrkdwn('<script>'))]), 'section.text.unescaped', house],
    ['a date without fallback', message([section(mrkdwn('<!date^1^{time}>'))]), 'section.text.unescaped', house],
    ['an unescaped ampersand', message([section(mrkdwn('this & that'))]), 'section.text.unescaped', house],
    ['an empty text', message([section(plain(''))]), 'section.text.empty', 'invalid_blocks'],
    [
      'a text of the wrong type',
      message([section({ type: 'html', text: 'x' })]),
      'text.unknown_type',
      'invalid_blocks',
    ],
    ['mrkdwn on a button', message([actions(button({ text: mrkdwn('x') }))]), 'text.misplaced', 'invalid_blocks'],
    ['a section with nothing', message([{ type: 'section' }]), 'section.required', 'invalid_blocks'],
    [
      '11 fields',
      message([{ type: 'section', fields: many(11, () => plain('x')) }]),
      'section.fields.count',
      'invalid_blocks',
    ],
    [
      'a long field',
      message([{ type: 'section', fields: [plain(long(2001))] }]),
      'section.fields.length',
      'invalid_blocks',
    ],
    ['a long header', message([{ type: 'header', text: plain(long(151)) }]), 'header.text.length', 'invalid_blocks'],
    [
      '11 context elements',
      message([{ type: 'context', elements: many(11, () => plain('x')) }]),
      'context.elements.count',
      'invalid_blocks',
    ],
    [
      '26 actions',
      message([actions(...many(26, (i) => button({ action_id: `b${i}` })))]),
      'actions.elements.count',
      'invalid_blocks',
    ],
    ['no actions', message([actions()]), 'actions.elements.count', 'invalid_blocks'],
    ['a long button', message([actions(button({ text: plain(long(76)) }))]), 'button.text.length', 'invalid_blocks'],
    ['a long button value', message([actions(button({ value: long(2001) }))]), 'button.value.length', 'invalid_blocks'],
    ['a made-up style', message([actions(button({ style: 'green' }))]), 'button.style.value', 'invalid_blocks'],
    [
      'a long action id',
      message([actions(button({ action_id: long(256) }))]),
      'button.action_id.length',
      'invalid_blocks',
    ],
    [
      'a long label for readers',
      message([actions(button({ accessibility_label: long(76) }))]),
      'button.accessibility_label.length',
      'invalid_blocks',
    ],
    [
      'a field that nobody knows',
      message([actions(button({ disabled: true }))]),
      'button.unknown_field',
      'invalid_blocks',
    ],
    [
      'a long block id',
      message([section(plain('x'), { block_id: long(256) })]),
      'section.block_id.length',
      'invalid_blocks',
    ],
    [
      'the same block id twice',
      message(many(2, () => section(plain('x'), { block_id: 'b' }))),
      'block_id.duplicate',
      'invalid_blocks',
    ],
    ['the same action id twice', message([actions(button(), button())]), 'action_id.duplicate', 'invalid_blocks'],
    ['an unknown block', message([{ type: 'blink' }]), 'block.unknown_type', 'invalid_blocks'],
    ['a block of unknown limits', message([{ type: 'alert' }]), 'block.unjudged', house],
    ['an unknown element', message([actions({ type: 'slider' })]), 'element.unknown_type', 'invalid_blocks'],
    ['a text input among actions', message([actions(textInput())]), 'element.misplaced', 'invalid_blocks'],
    [
      'an input as accessory',
      message([section(plain('x'), { accessory: textInput() })]),
      'element.misplaced',
      'invalid_blocks',
    ],
    [
      'six overflow options',
      message([actions({ type: 'overflow', options: many(6, (i) => option(`${i}`)) })]),
      'overflow.options.count',
      'invalid_blocks',
    ],
    [
      '101 options',
      message([actions(select({ options: many(101, (i) => option(`${i}`)) }))]),
      'static_select.options.count',
      'invalid_blocks',
    ],
    [
      'options and groups',
      message([actions(select({ option_groups: [] }))]),
      'static_select.options_or_groups',
      'invalid_blocks',
    ],
    [
      'a long option',
      message([actions(select({ options: [option(long(76))] }))]),
      'option.text.length',
      'invalid_blocks',
    ],
    [
      'a long option value',
      message([actions(select({ options: [{ text: plain('x'), value: long(151) }] }))]),
      'option.value.length',
      'invalid_blocks',
    ],
    [
      'the same value twice',
      message([actions(select({ options: [option('a'), option('a')] }))]),
      'static_select.duplicate_value',
      'invalid_blocks',
    ],
    [
      'a first choice of none',
      message([actions(select({ initial_option: option('z') }))]),
      'static_select.initial_option',
      'invalid_blocks',
    ],
    [
      'a long placeholder',
      message([actions(select({ placeholder: plain(long(151)) }))]),
      'static_select.placeholder.length',
      'invalid_blocks',
    ],
    [
      '11 radio buttons',
      message([actions({ type: 'radio_buttons', options: many(11, (i) => option(`${i}`)) })]),
      'radio_buttons.options.count',
      'invalid_blocks',
    ],
    [
      'a bad date',
      message([actions({ type: 'datepicker', initial_date: '31.5.2026' })]),
      'datepicker.initial_date.format',
      'invalid_blocks',
    ],
    [
      'a dialog without text',
      message([actions(button({ confirm: { title: plain('x') } }))]),
      'confirm.text.required',
      'invalid_blocks',
    ],
    [
      'a long dialog title',
      message([actions(button({ confirm: dialog({ title: plain(long(101)) }) }))]),
      'confirm.title.length',
      'invalid_blocks',
    ],
    [
      'a long dialog text',
      message([actions(button({ confirm: dialog({ text: plain(long(301)) }) }))]),
      'confirm.text.length',
      'invalid_blocks',
    ],
    [
      'a long dialog button',
      message([actions(button({ confirm: dialog({ deny: plain(long(31)) }) }))]),
      'confirm.deny.length',
      'invalid_blocks',
    ],
    [
      'an image without words',
      message([{ type: 'image', image_url: 'https://a.example' }]),
      'image.alt_text.required',
      'invalid_blocks',
    ],
    ['an image without source', message([{ type: 'image', alt_text: 'x' }]), 'image.source', 'invalid_blocks'],
    ['long markdown', message([{ type: 'markdown', text: long(12_001) }]), 'markdown.text.length', 'invalid_blocks'],
    ['blocks that are no list', { text: 'x', blocks: '{"a":1}' }, 'message.blocks.type', 'invalid_blocks_format'],
  ])('%s', (_name, payload, rule, slackError) => {
    const found = validateMessage(payload);
    expect(rulesOf(found)).toContain(rule);
    expect(found.find((violation) => violation.rule === rule)?.slackError).toBe(slackError);
  });

  it('says where', () => {
    const [found] = validateMessage(message([section(plain('x')), actions(button({ value: long(2001) }))]));
    expect(found?.path).toBe('/blocks/1/elements/0/value');
    expect(found?.message).toBe('must have at most 2000 characters, has 2001');
  });

  it('refuses 4,001 bytes of text in an update', () => {
    expect(validateUpdate({ text: long(4001) })).toMatchObject([
      { rule: 'message.text.length', slackError: 'msg_too_long' },
    ]);
    expect(validateUpdate({ text: 'ä'.repeat(2001) })).toHaveLength(1);
  });
});

describe('planted violations in a view', () => {
  it.each<[string, unknown, string, string | undefined]>([
    ['a title of 25', modal([], { title: plain(long(25)) }), 'modal.title.length', 'invalid_arguments'],
    ['no title', modal([], { title: undefined }), 'modal.title.required', 'invalid_arguments'],
    ['a submit of 25', modal([], { submit: plain(long(25)) }), 'modal.submit.length', 'invalid_arguments'],
    ['a close of 25', modal([], { close: plain(long(25)) }), 'modal.close.length', 'invalid_arguments'],
    [
      'inputs without submit',
      modal([input(textInput())], { submit: undefined }),
      'modal.submit.required',
      'invalid_arguments',
    ],
    ['101 blocks', modal(many(101, () => ({ type: 'divider' }))), 'modal.blocks.count', 'invalid_arguments'],
    ['101 blocks at home', home(many(101, () => ({ type: 'divider' }))), 'home.blocks.count', 'invalid_arguments'],
    [
      'long metadata',
      modal([], { private_metadata: long(3001) }),
      'modal.private_metadata.length',
      'invalid_arguments',
    ],
    ['a long callback id', modal([], { callback_id: long(256) }), 'modal.callback_id.length', 'invalid_arguments'],
    ['a long external id', modal([], { external_id: long(256) }), 'modal.external_id.length', 'invalid_arguments'],
    ['a title at home', home([], { title: plain('x') }), 'home.unknown_field', 'invalid_arguments'],
    ['250 KB', modal(many(99, () => section(plain('ä'.repeat(3000))))), 'view.size', 'view_too_large'],
    ['a markdown block', modal([{ type: 'markdown', text: 'x' }]), 'block.misplaced', 'invalid_arguments'],
    ['a button as input', modal([input(button())]), 'element.misplaced', 'invalid_arguments'],
    ['no label', modal([{ type: 'input', element: textInput() }]), 'input.label.required', 'invalid_arguments'],
    [
      'a long label',
      modal([input(textInput(), { label: plain(long(2001)) })]),
      'input.label.length',
      'invalid_arguments',
    ],
    ['a long hint', modal([input(textInput(), { hint: plain(long(2001)) })]), 'input.hint.length', 'invalid_arguments'],
    [
      'a long first value',
      modal([input(textInput({ initial_value: long(3001) }))]),
      'plain_text_input.initial_value.length',
      'invalid_arguments',
    ],
    [
      'a maximum beyond Slack’s',
      modal([input(textInput({ max_length: 3001 }))]),
      'plain_text_input.max_length.range',
      'invalid_arguments',
    ],
    [
      'a minimum above the maximum',
      modal([input(textInput({ min_length: 9, max_length: 3 }))]),
      'plain_text_input.min_above_max',
      'invalid_arguments',
    ],
    [
      'two with the focus',
      modal(many(2, () => input(textInput({ focus_on_load: true })))),
      'focus_on_load.duplicate',
      'invalid_arguments',
    ],
    [
      'no number kind',
      modal([input({ type: 'number_input' })]),
      'number_input.is_decimal_allowed.required',
      'invalid_arguments',
    ],
    ['a mention in a section', modal([section(mrkdwn('<!here>'))]), 'section.text.mention', undefined],
    ['no object', 'nonsense', 'view.type', 'invalid_arguments'],
  ])('%s', (_name, view, rule, slackError) => {
    const found = validateView(view);
    expect(rulesOf(found)).toContain(rule);
    expect(found.find((violation) => violation.rule === rule)?.slackError).toBe(slackError);
  });
});

describe('planted violations in answers', () => {
  it('refuses 101 options, none at all, and mrkdwn in them', () => {
    expect(rulesOf(validateOptions({ options: many(101, (i) => option(String(i))) }))).toEqual(['options.count']);
    expect(rulesOf(validateOptions({}))).toEqual(['options.options_or_groups']);
    expect(rulesOf(validateOptions({ options: [{ text: mrkdwn('a'), value: 'a' }] }))).toEqual(['text.misplaced']);
  });

  it('refuses errors at fields that the view does not have', () => {
    const blocks = [input(textInput(), { block_id: 'reason' }), section(plain('x'), { block_id: 'words' })];
    expect(validateErrors({ reason: 'Say why.' }, blocks)).toEqual([]);
    expect(rulesOf(validateErrors({ words: 'no' }, blocks))).toEqual(['response_action.errors.unknown_block']);
    expect(rulesOf(validateErrors({ reason: '' }, blocks))).toEqual(['response_action.errors.empty']);
    expect(rulesOf(validateErrors({}, blocks))).toEqual(['response_action.errors.type']);
  });
});

function richBroadcast(): Json {
  const broadcast = { type: 'broadcast', range: 'channel' };
  return { type: 'rich_text', elements: [{ type: 'rich_text_section', elements: [broadcast] }] };
}

function dialog(more: Json): Json {
  return { title: plain('Sure?'), text: plain('Really.'), confirm: plain('Yes'), deny: plain('No'), ...more };
}
