import { describe, expect, it } from '@jest/globals';
import { policyFromCanonical } from '../../src/domain/policy/canonical.ts';
import { type Finding, findingText } from '../../src/domain/policy/finding.ts';
import { loadPolicy } from '../../src/domain/policy/load.ts';
import { AROUND, connectorTypes, file, load, policyOf, roleOf, told } from '../support/policy-fixture.ts';

const ROLE = `apiVersion: elevate/v1
roles:
  db/admin:
    title: Administrator
    entitlement: { role: admin }
    subject: requester.email.split("@")[0]
    risk: high
    duration: { default: 1h, max: 4h }
    ticket: { required: true, pattern: "^INC-\\\\d+$" }
    rules:
      - name: at work
        when: '"developers" in requester.groups && time.business_hours'
        then: { require: [{ approvals: 2, from: [dba, owners] }] }
      - name: nobody else
        then: deny
        message: Ask in the channel.
    break_glass: { who: [sre], max: 30m, notify: [security] }
`;

/** That one of the findings has the code and points at the words. */
function expectAt(findings: readonly Finding[], text: string, code: string, words: string): void {
  const lines = text.split('\n').map((line) => `${line}\n`);
  const pointed = findings.map((each) => `${each.code} ${lines[each.line - 1]?.slice(each.column - 1)}`);
  expect(pointed.map((each) => each.slice(0, code.length + 1 + words.length))).toContain(`${code} ${words}`);
}

/** One mistake in ROLE: what to replace by what, and where the finding points. */
const mistakes: readonly [what: string, from: string, to: string, code: string, at: string][] = [
  ['a misspelled fact', 'time.business_hours', 'time.busines_hours', 'condition_unknown_name', 'busines_hours'],
  ['a misspelled root', 'time.business_hours', 'tim.business_hours', 'condition_unknown_name', 'tim.'],
  [
    'others asked after a stage is over',
    'owners] }] }',
    'owners], within: 1h, escalate_after: 1h, escalate_to: [security] }] }',
    'stage_times',
    'escalate_after',
  ],
  [
    'a time for asking others, and no others',
    'owners] }] }',
    'owners], escalate_after: 1h }] }',
    'stage_times',
    'escalate_after',
  ],
  [
    'a reminder after a stage is over',
    'owners] }] }',
    'owners], within: 1h, remind_after: 2h }] }',
    'stage_times',
    'remind_after',
  ],
  [
    'a reminder after others were asked',
    'owners] }] }',
    'owners], remind_after: 2h, escalate_after: 1h, escalate_to: [security] }] }',
    'stage_times',
    'remind_after',
  ],
  ['an unknown group to ask after', 'owners] }] }', 'owners], escalate_to: [securty] }] }', 'unknown_group', 'securty'],
  ['an unknown group to fall back to', 'owners] }] }', 'owners], fallback: [securty] }] }', 'unknown_group', 'securty'],
  [
    'an unknown group that a role falls back to',
    '    rules:',
    '    fallback: [securty]\n    rules:',
    'unknown_group',
    'securty',
  ],
  ['an unknown group in a condition', '"developers" in', '"developpers" in', 'unknown_group', '"developpers"'],
  ['types that do not fit', 'time.business_hours', 'time.hour > "9"', 'condition_type', 'time.hour'],
  [
    'a condition without a yes or no',
    '\'"developers" in requester.groups && time.business_hours\'',
    'time.hour',
    'condition_type',
    'time.hour',
  ],
  ['a condition that is no CEL', 'time.business_hours', 'time.hour >', 'condition_syntax', "'\n"],
  ['has()', 'time.business_hours', 'has(time.business_hours)', 'condition_not_allowed', 'has('],
  [
    'the reason in a rule that asks people',
    'time.business_hours',
    'request.reason != ""',
    'reason_grants',
    'request.reason',
  ],
  [
    'a subject that people write themselves',
    'requester.email.split("@")[0]',
    'requester.name',
    'requester_text_as_subject',
    'requester.name',
  ],
  ['a subject that is no text', 'requester.email.split("@")[0]', 'time.hour', 'condition_type', 'time.hour'],
  ['an unknown key', 'title:', 'titel:', 'unknown_key', 'titel'],
  ['an unknown key deep inside', 'approvals:', 'approval:', 'unknown_key', 'approval:'],
  ['a word that is not one of a few', 'risk: high', 'risk: hihg', 'wrong_value', 'hihg'],
  ['a number for a duration', 'default: 1h', 'default: 3600', 'wrong_value', '3600'],
  ['a duration that is none', 'default: 1h', 'default: 1x', 'wrong_value', '1x'],
  ['a default above the maximum', 'default: 1h', 'default: 5h', 'default_above_max', '5h'],
  ['an example that the pattern refuses', 'd+$" }', 'd+$", example: OPS-1 }', 'bad_example', 'OPS-1'],
  ['a pattern that is none', 'INC-', 'INC-(', 'bad_pattern', '"^INC-('],
  ['a pattern that only backtracking can read', '^INC-', '(?=x)', 'bad_pattern', '"(?=x)'],
  ['an entitlement that the connector refuses', 'role: admin', 'role: 5', 'wrong_value', '5 }'],
  ['an entitlement with a key too many', 'role: admin', 'role: admin, x: 1', 'unknown_key', 'x: 1'],
  ['no entitlement', '    entitlement: { role: admin }\n', '', 'missing_key', 'db/admin'],
  ['an unknown group in a stage', 'from: [dba,', 'from: [dbas,', 'unknown_group', 'dbas'],
  ['nobody in a stage', 'from: [dba, owners]', 'from: []', 'wrong_value', '[]'],
  ['an unknown group for break-glass', 'who: [sre]', 'who: [srre]', 'unknown_group', 'srre'],
  [
    'an unknown group in an escalation',
    'apiVersion: elevate/v1\n',
    'apiVersion: elevate/v1\nalerts: { escalate: [{ after: 1h, to: [dbas] }] }\n',
    'unknown_group',
    'dbas',
  ],
  ['two rules of one name', 'name: nobody else', 'name: at work', 'defined_twice', 'at work'],
  ['an unknown resource', '  db/admin:', '  dp/admin:', 'unknown_resource', 'dp/admin'],
  ['a role without a resource', '  db/admin:', '  admin:', 'wrong_value', 'admin:'],
  ['another version of the language', 'elevate/v1', 'elevate/v9', 'wrong_value', 'elevate/v9'],
  [
    'a condition without quotes',
    `'"developers" in requester.groups && time.business_hours'`,
    '"developers" in requester.groups',
    'yaml_syntax',
    'in requester',
  ],
  ['a key that is there twice', 'risk: high', 'title: again', 'duplicate_key', 'title: again'],
  ['an anchor', 'title: Administrator', 'title: &a Administrator', 'yaml_feature', 'Admin'],
  ['a tag', 'title: Administrator', 'title: !!binary Administrator', 'yaml_feature', 'Administrator'],
  ['a merge of what is not there', 'risk: high', '<<: { risk: high }', 'unknown_key', '<<'],
  ['a key that JavaScript knows', 'risk: high', '__proto__: { risk: high }', 'wrong_value', '__proto__'],
];

describe('a policy with one mistake', () => {
  it.each(mistakes)('%s is found where it stands', (_what, from, to, code, at) => {
    expect(ROLE).toContain(from);
    const text = ROLE.replace(from, to);
    const loaded = load(AROUND, text);
    expect(loaded.ok).toBe(false);
    const errors = loaded.findings.filter((each) => each.severity === 'error');
    expectAt(errors, text, code, at);
    expect(
      errors.every((each) => each.path === 'policies/p1.yaml' && each.fix.length > 4 && /\.$/.test(each.message)),
    ).toBe(true);
  });

  it('offers the likely word', () => {
    const fixes = (from: string, to: string) => load(AROUND, ROLE.replace(from, to)).findings.map((each) => each.fix);
    expect(fixes('time.business_hours', 'time.busines_hours')).toContain("Did you mean 'business_hours'?");
    expect(fixes('title:', 'titel:')).toContain("Did you mean 'title'?");
    expect(fixes('from: [dba,', 'from: [dbas,')).toContain("Did you mean 'dba'?");
    expect(fixes('risk: high', 'risk: hihg')).toContain("Did you mean 'high'?");
  });

  it('is told together with all others', () => {
    const text = ROLE.replace('risk: high', 'risk: hihg').replace('db/admin:\n', 'db/admin:\n    tittle: x\n');
    const other = AROUND.replace('connector: pg, environment: staging', 'connector: gp, environment: staging');
    expect(told(load(other, text).findings)).toEqual([
      '13:21 unknown_connector',
      '4:5 unknown_key',
      '8:11 wrong_value',
    ]);
  });
});

describe('around the roles', () => {
  const cases: readonly [what: string, from: string, to: string, code: string, at: string][] = [
    ['a time zone', 'Europe/Berlin', 'Berlin', 'wrong_value', 'Berlin\n'],
    ['a channel', '"#access"', 'access', 'wrong_value', 'access }'],
    ['a group of no kind', '{ slack_usergroup: dba }', '{ usergroup: dba }', 'unknown_key', 'usergroup'],
    [
      'a group of two kinds',
      '{ slack_usergroup: dba }',
      '{ slack_usergroup: dba, members: [] }',
      'unknown_key',
      'members',
    ],
    ['an address that is none', 'sec@example.com', 'sec', 'wrong_value', 'sec]'],
    ['a group with a word of the language', '  dba: {', '  owners: {', 'wrong_value', 'owners:'],
    ['an unknown kind of connector', 'type: postgres', 'type: postgress', 'unknown_connector_type', 'postgress'],
    ['a key that the connector does not know', 'url: "$', 'uri: "$', 'unknown_key', 'uri'],
    ['a password as it is', `"${'$'}{DB_URL}"`, 'postgres://bot:hunter2@db/orders', 'literal_secret', 'postgres://'],
    ['an unknown connector', 'lab: { connector: pg', 'lab: { connector: gp', 'unknown_connector', 'gp,'],
    ['an unknown owner', 'owners: [dba]', 'owners: [dbas]', 'unknown_group', 'dbas'],
  ];

  it.each(cases)('%s is checked', (_what, from, to, code, at) => {
    expect(AROUND).toContain(from);
    const text = AROUND.replace(from, to);
    const loaded = load(text);
    expect(loaded.ok).toBe(false);
    expectAt(loaded.findings, text, code, at);
  });

  it('an end for want of use needs a connector that sees use', () => {
    const { postgres } = connectorTypes;
    if (!postgres) throw new Error('There is no such type');
    const blind = { ...connectorTypes, postgres: { ...postgres, observesUse: false } };
    const findings = (text: string) => told(loadPolicy([file(AROUND), file(text, 'policies/p1.yaml')], blind).findings);
    expect(findings(ROLE)).toEqual([]);
    const [line] = findings(ROLE.replace('    risk: high', '    unused_after: 30m\n    risk: high'));
    expect(line).toMatch(/use_not_observed/);
  });

  it('passwords may be references inside an address', () => {
    const reference = `"postgres://bot:${'$'}{PASSWORD}@db/orders"`;
    expect(load(AROUND.replace(`"${'$'}{DB_URL}"`, reference)).ok).toBe(true);
  });

  it('a role needs a channel from somewhere', () => {
    const without = AROUND.replace('defaults: { channel: "#access" }\n', '');
    expect(told(load(without, ROLE).findings)).toContain('3:3 no_channel');
    const withOwn = ROLE.replace('risk: high', 'risk: high\n    channel: C0123ABCD');
    expect(roleOf(policyOf(without, withOwn)).channel).toBe('C0123ABCD');
  });

  it('a stage that asks owners needs some', () => {
    const lab = ROLE.replace('db/admin', 'lab/admin');
    expect(told(load(AROUND, lab).findings)).toContain('13:55 no_owners');
  });
});

describe('audit channels', () => {
  const channels = (audit: string): string => AROUND.replace('groups:', `channels: { ${audit} }\ngroups:`);
  const own = (of: 'role' | 'resource'): [string, string] => [
    channels('audit: "#all", audit_by_environment: { production: "#prod" }').replace(
      'labels: {',
      of === 'resource' ? 'audit_channel: "#db", labels: {' : 'labels: {',
    ),
    of === 'role' ? ROLE.replace('    risk: high', '    audit_channel: "#mine"\n    risk: high') : ROLE,
  ];

  it('are of the role, or its resource, or its environment, or of all', () => {
    const of = (...texts: string[]): string | null => roleOf(policyOf(...texts)).auditChannel;
    expect(of(AROUND, ROLE)).toBeNull();
    expect(of(channels('audit: "#all"'), ROLE)).toBe('#all');
    expect(of(channels('audit: "#all", audit_by_environment: { staging: "#lab" }'), ROLE)).toBe('#all');
    expect(of(channels('audit: "#all", audit_by_environment: { production: "#prod" }'), ROLE)).toBe('#prod');
    expect(of(...own('role'))).toBe('#mine');
    const ofResource = load(...own('resource'));
    expect(ofResource.ok && roleOf(ofResource.policy).auditChannel).toBe('#db');
    expect(ofResource.findings.map(findingText)).toEqual([
      expect.stringMatching(/note unused_name: Every resource in the environment 'production' has an audit_channel/),
    ]);
  });

  it('of an environment that no resource is in are a mistake', () => {
    const text = channels('audit_by_environment: { prodution: "#prod" }');
    const { findings } = load(text, ROLE);
    expectAt(findings, text, 'unknown_environment', 'prodution');
    expect(findings.map(({ fix }) => fix)).toEqual([expect.stringContaining("'production'")]);
  });
});

describe('several files', () => {
  it('are one policy, whatever their order', () => {
    const files = [file(AROUND, 'policies/a.yaml'), file(ROLE, 'policies/b.yaml')];
    const [one, two] = [loadPolicy(files, connectorTypes), loadPolicy([...files].reverse(), connectorTypes)];
    expect(one.ok && two.ok && one.policy.version === two.policy.version).toBe(true);
  });

  it('may not both define a thing', () => {
    const loaded = load(AROUND, ROLE, 'apiVersion: elevate/v1\ntimezone: UTC\ngroups:\n  dba: { members: [] }\n');
    expect(told(loaded.findings)).toEqual(['2:1 defined_twice', '4:3 defined_twice']);
    expect(loaded.findings[1]?.message).toBe("'groups: dba' is defined already, in policies/p0.yaml:5.");
  });

  it('that are tests or no YAML are passed over', () => {
    const others = [file('tests: []', 'policies/a.test.yaml'), file('# hello', 'policies/README.md')];
    expect(loadPolicy([...others, file(AROUND)], connectorTypes).ok).toBe(true);
    const nothing = loadPolicy(others, connectorTypes);
    expect(nothing.ok).toBe(false);
    expect(nothing.findings.map((each) => each.code)).toEqual(['nothing_to_load']);
  });
});

describe('what a policy says', () => {
  const role = roleOf(policyOf(AROUND, ROLE));

  it('is read with its units', () => {
    expect(role).toMatchObject({
      key: 'db/admin',
      name: 'admin',
      duration: { defaultSeconds: 3_600, maxSeconds: 14_400 },
      reason: { minLength: 1 },
      channel: '#access',
      owners: ['dba'],
      requestTtlSeconds: 28_800,
      provisioningWindowSeconds: 600,
      endSessions: true,
      extensions: { max: 0 },
      breakGlass: { who: ['sre'], maxSeconds: 1_800, notify: ['security'], reviewWithinSeconds: 86_400 },
    });
    expect(role.ticket.accepts('INC-42')).toBe(true);
    expect(role.ticket.accepts('see INC-42')).toBe(false);
    expect(role.rules[0]?.then).toEqual({
      kind: 'require',
      stages: [{ approvals: 2, from: ['dba', 'owners'], selfAllowed: false, wait: null, fallback: [] }],
    });
    expect(role.rules[0]?.location).toEqual({ path: 'policies/p1.yaml', line: 11, column: 9 });
  });

  it('takes what is left out from defaults', () => {
    const defaults =
      'defaults: { channel: "#access", duration: { default: 15m, max: 1h }, extensions: { max: 2 }, end_sessions: false }';
    const short =
      'apiVersion: elevate/v1\nroles:\n  db/read: { entitlement: { role: r } }\n  db/own: { entitlement: { role: o }, extensions: { max: 1 } }\n';
    const policy = policyOf(AROUND.replace('defaults: { channel: "#access" }', defaults), short);
    expect(roleOf(policy, 'db/read')).toMatchObject({
      duration: { defaultSeconds: 900 },
      extensions: { max: 2 },
      endSessions: false,
    });
    expect(roleOf(policy, 'db/own').extensions.max).toBe(1);
  });

  it('has a version that only its meaning changes', () => {
    const version = policyOf(AROUND, ROLE).version;
    expect(version).toMatch(/^[0-9a-f]{64}$/);
    expect(policyOf(AROUND, `# why\n${ROLE.replace('risk: high', 'risk:   "high"   # really')}`).version).toBe(version);
    expect(policyOf(AROUND, ROLE.replace('max: 30m', 'max: 1800s')).version).toBe(version);
    expect(policyOf(AROUND, ROLE.replace('max: 30m', 'max: 31m')).version).not.toBe(version);
    expect(policyOf(AROUND, ROLE.replace('approvals: 2', 'approvals: 1')).version).not.toBe(version);
  });

  it('comes back from its canonical content', () => {
    const policy = policyOf(AROUND, ROLE);
    const back = policyFromCanonical(policy.canonical);
    expect(back.version).toBe(policy.version);
    const plain = (value: unknown) =>
      JSON.parse(JSON.stringify(value, (key, each) => (key === 'location' || key === 'ast' ? undefined : each)));
    expect(plain([...back.roles])).toEqual(plain([...policy.roles]));
    expect(() => policyFromCanonical('{"apiVersion":"elevate/v9"}')).toThrow('not the canonical content');
  });
});

describe('role templates', () => {
  const TEMPLATE = `apiVersion: elevate/v1
role_templates:
  - name: accounts
    each:
      - { account: shop, group: developers }
      - { account: bank, group: security }
    resources:
      "aws-<account>": { connector: pg, environment: production, labels: { account: <account> } }
    roles:
      "aws-<account>/read":
        entitlement: { role: "<account>_read" }
        rules:
          - name: its own people
            when: '"<group>" in requester.groups && request.duration < duration("1h")'
            then: approve
`;

  it('make a role of every row', () => {
    const policy = policyOf(AROUND, TEMPLATE);
    expect([...policy.roles.keys()]).toEqual(['aws-bank/read', 'aws-shop/read']);
    expect(roleOf(policy, 'aws-bank/read')).toMatchObject({
      entitlement: { role: 'bank_read' },
      resource: { labels: { account: 'bank' } },
      rules: [{ when: { text: '"security" in requester.groups && request.duration < duration("1h")' } }],
    });
  });

  it('make every combination of lists', () => {
    const each = 'each: { account: [shop, bank, lab], group: [developers] }';
    const policy = policyOf(AROUND, TEMPLATE.replace(/each:\n.*\n.*\n/, `${each}\n`));
    expect(policy.roles.size).toBe(3);
  });

  it('are checked where they stand', () => {
    const found = (from: string, to: string) => told(load(AROUND, TEMPLATE.replace(from, to)).findings);
    expect(found('group: security', 'group: nobody')).toEqual(['14:19 unknown_group']);
    expect(found('account: bank', 'account: shop')).toEqual(['8:7 defined_twice', '10:7 defined_twice']);
    expect(found('account: bank', 'account: \'x" || true || "\'')).toEqual(['5:7 template_problem']);
    expect(found('role: "<account>_read"', 'rolle: "<account>_read"')).toContain('11:24 unknown_key');
  });
});

describe('hostile files', () => {
  it('cannot exhaust the process', () => {
    const deep = (open: string, close: string) =>
      `apiVersion: elevate/v1\nroles: ${open.repeat(30_000)}${close.repeat(30_000)}`;
    for (const text of [deep('[', ']'), deep('{a: ', '}'), deep('- ', ''), `a: ${'x'.repeat(5_000_000)}`]) {
      const loaded = load(text);
      expect(loaded.ok).toBe(false);
    }
  });

  it('cannot make a small file large', () => {
    const bomb = 'a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\n';
    expect(new Set(load(bomb).findings.map((each) => each.code))).toEqual(new Set(['yaml_feature']));
  });

  it('are told of in a bounded number of findings', () => {
    const many = Array.from({ length: 1_000 }, (_, index) => `  g${index}: 5`).join('\n');
    const loaded = load(`apiVersion: elevate/v1\ngroups:\n${many}\n`);
    expect(loaded.findings).toHaveLength(201);
    expect(loaded.findings.at(-1)?.message).toBe('There are 800 more findings.');
  });

  it('give findings or a policy, whatever was changed in them', () => {
    const whole = `${AROUND}${ROLE.replace('apiVersion: elevate/v1\n', '')}`;
    const pieces = [
      '[',
      ']',
      '{',
      '}',
      '"',
      "'",
      ':',
      '\n',
      '  ',
      '- ',
      '&a ',
      '*a',
      '!!x ',
      '|',
      '>',
      '#',
      '\t',
      '%',
      '\u0000',
      '<<',
      '0x',
      '~',
      '€',
    ];
    let seed = 7;
    const random = (below: number) => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return seed % below;
    };
    let refused = 0;
    for (let round = 0; round < 300; round += 1) {
      const at = random(whole.length);
      const text = whole.slice(0, at) + (pieces[random(pieces.length)] ?? '') + whole.slice(at + random(4));
      const loaded = load(text);
      if (!loaded.ok) refused += 1;
      expect(loaded.ok || loaded.findings.some((each) => each.severity === 'error')).toBe(true);
      expect(loaded.findings.every((each) => each.line >= 1 && each.column >= 1)).toBe(true);
    }
    expect(refused).toBeGreaterThan(150);
    expect(Object.keys(Object.prototype)).toEqual([]);
  });
});
