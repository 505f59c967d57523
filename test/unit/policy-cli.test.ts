import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { z } from 'zod';
import { commitOf } from '../../src/store/policy-source.ts';
import { elevate, type Folder, temporaryFolder } from '../support/cli.ts';

const POLICY = `apiVersion: elevate/v1
defaults: { channel: "#access" }
groups:
  dba: { slack_usergroup: dba }
  developers: { members: [dana@example.com] }
connectors: { pg: { type: postgres, url: "\${DB_URL}" } }
resources: { db: { connector: pg, environment: production, owners: [dba] } }
roles:
  db/admin:
    entitlement: { role: admin }
    rules:
      - name: an hour
        when: '"developers" in requester.groups && request.duration <= duration("1h")'
        then: { require: [{ from: [dba] }] }
`;
const TESTS = `tests:
  - name: an hour asks a DBA
    given: { role: db/admin, duration: 1h, requester: { email: dana@example.com, groups: [developers] } }
    expect: { outcome: require }
`;

let folder: Folder;
let home: string;
beforeEach(async () => {
  home = process.cwd();
  folder = await temporaryFolder();
  process.chdir(folder.path);
  await folder.write({ 'policies/p.yaml': POLICY, 'policies/p.test.yaml': TESTS });
});
afterEach(async () => {
  process.chdir(home);
  await folder.remove();
});

const policy = (...args: string[]) => elevate(['policy', ...args]);

describe('elevate policy check', () => {
  it('finds nothing, or says what, where and what to do, in every format', async () => {
    expect(await policy('check')).toEqual({ code: 0, out: 'No findings.', err: '' });
    await folder.write({ 'policies/p.yaml': POLICY.replace('<= duration("1h")', '> duration("9h")') });
    const found = await policy('check');
    expect(found.code).toBe(0);
    expect(found.out).toMatch(/^policies\/p\.yaml:12:9: warning never_holds: .+ Fix: .+$/m);
    expect((await policy('check', '--fail-on', 'warning')).code).toBe(1);
    expect((await policy('check', '--format', 'github')).out).toMatch(
      /^::warning file=policies\/p\.yaml,line=12,col=9,title=never_holds::In role/m,
    );
    const json = z.object({ findings: z.array(z.object({ code: z.string(), line: z.number() })) });
    expect(json.parse(JSON.parse((await policy('check', '--format', 'json')).out)).findings).toContainEqual({
      code: 'never_holds',
      line: 12,
    });
    const sarif: unknown = JSON.parse((await policy('check', '--format', 'sarif')).out);
    expect(sarif).toMatchObject({
      version: '2.1.0',
      runs: [
        { results: expect.arrayContaining([expect.objectContaining({ ruleId: 'never_holds', level: 'warning' })]) },
      ],
    });
  });

  it('ends with 1 for an error and with 2 when there is nothing to read', async () => {
    await folder.write({ 'policies/p.yaml': POLICY.replace('[dba] }] }', '[dbas] }] }') });
    const wrong = await policy('check');
    expect(wrong.code).toBe(1);
    expect(wrong.out).toContain("error unknown_group: There is no group 'dbas'. Fix: Did you mean 'dba'?");
    expect(await policy('check', 'nowhere')).toMatchObject({ code: 2, err: expect.stringContaining('nowhere') });
    expect((await policy('check', '--format', 'xml')).code).toBe(2);
    await folder.write({ 'policies/p.yaml': POLICY });
    expect((await policy('check', '--live')).err).toContain('SLACK_BOT_TOKEN');
  });
});

describe('elevate policy test', () => {
  it('shows the expectation and the trace of what fails, and what no test reaches', async () => {
    expect((await policy('test', '--min-coverage', '100')).code).toBe(0);
    await folder.write({ 'policies/p.test.yaml': TESTS.replace('outcome: require', 'outcome: approve') });
    const failed = await policy('test');
    expect(failed.code).toBe(1);
    expect(failed.out).toContain('FAIL an hour asks a DBA');
    expect(failed.out).toContain('Expected outcome "approve", but it is "require".');
    expect(failed.out).toContain('request.duration = 3600');
    await folder.write({
      'policies/p.test.yaml': TESTS.replace('duration: 1h', 'duration: 2h').replace('require', 'deny'),
    });
    const uncovered = await policy('test', '--min-coverage', '50');
    expect(uncovered.code).toBe(1);
    expect(uncovered.out).toContain("p.yaml:12: no test reaches 'an hour' of db/admin");
    expect((await policy('test')).code).toBe(0);
    expect((await policy('test', '--min-coverage', 'much')).code).toBe(2);
  });
});

describe('elevate policy explain', () => {
  it('says who decides, why, and what would have to be different', async () => {
    const allowed = await policy('explain', 'db/admin', '--as', 'dana@example.com', '--at', '2026-03-02T10:00');
    expect(allowed.code).toBe(0);
    expect(allowed.out).toContain('stage 1: 1 of dba (from an hour)');
    const denied = await policy('explain', 'db/admin', '--as', 'dana@example.com', '--duration', '2h');
    expect(denied.code).toBe(1);
    expect(denied.out).toContain('for 1h: people are asked, by an hour');
    const other = await policy('explain', 'db/admin', '--as', 'theo@example.com');
    expect(other.out).toContain('for a member of developers: people are asked');
    expect((await policy('explain', 'db/admn', '--as', 'a@b.example')).err).toContain('Did you mean db/admin?');
    expect((await policy('explain', 'db/admin', '--as', 'a@b.example', '--group', 'dbb')).code).toBe(2);
  });
});

describe('the commit of a policy', () => {
  it('is known of a folder and of a single file in git, and of nothing outside of it', async () => {
    expect(await commitOf('policies')).toBeNull();
    const git = (...args: string[]) =>
      execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args]);
    git('init', '-q');
    git('add', '.');
    git('commit', '-qm', 'first');
    const head = git('rev-parse', 'HEAD').toString().trim();
    expect(await commitOf('policies')).toBe(head);
    expect(await commitOf('policies/p.yaml')).toBe(head);
    expect(await commitOf('policies/none.yaml')).toBeNull();
  });
});

describe('elevate policy diff', () => {
  const change = (from: string, to: string) => folder.write({ 'next/p.yaml': POLICY.replace(from, to) });
  const told = async () => (await policy('diff', 'policies', 'next')).out;

  it('says nothing of what means the same', async () => {
    await folder.write({ 'next/b.yaml': POLICY.replace('[dba] }] }', '[dba], approvals: 1 }] }   # as ever') });
    expect(await told()).toBe('Both mean the same.');
  });

  it.each([
    [
      'duration("1h")',
      'duration("2h")',
      /^loosens {2}role db\/admin: decides otherwise: looser for .*deny → 1 of dba/m,
    ],
    ['duration("1h")', 'duration("30m")', /^tightens role db\/admin: decides otherwise: tighter for/m],
    ['{ require: [{ from: [dba] }] }', 'approve', /^loosens {2}role db\/admin: .*1 of dba → approve/m],
    ['from: [dba] }] }', 'approvals: 2, from: [dba] }] }', /^tightens role db\/admin: .*1 of dba → 2 of dba/m],
    [
      'from: [dba] }] }',
      'from: [dba, developers] }] }',
      /^loosens {2}role db\/admin: .*1 of dba → 1 of dba or developers/m,
    ],
    [
      'from: [dba] }] }',
      'from: [dba], escalate_to: [developers] }] }',
      /^loosens {2}role db\/admin: .*1 of dba → 1 of dba \(later developers too\)$[\s\S]*^changes {2}role db\/admin: its stages wait/m,
    ],
    [
      'from: [dba] }] }',
      'from: [dba], fallback: [developers] }] }',
      /^loosens {2}role db\/admin: .*1 of dba → 1 of dba \(developers too where they cannot\)$/m,
    ],
    ['from: [dba] }] }', 'from: [dba], within: 1h }] }', /^changes {2}role db\/admin: its stages wait, remind or ask/m],
    ['"developers" in', '"dba" in', /^both {5}role db\/admin/m],
    [
      'entitlement: { role: admin }',
      'entitlement: { role: owner }',
      /^changes {2}role db\/admin: gives .*"role":"owner".*was .*"role":"admin"/m,
    ],
    [
      '    rules:',
      '    duration: { default: 1h, max: 8h }\n    rules:',
      /^loosens {2}role db\/admin: longest duration 4h → 8h$(?![\s\S]*decides otherwise)/m,
    ],
    [
      'roles:\n',
      'guardrails: [{ name: short, then: { cap: 30m } }]\nroles:\n',
      /^tightens role db\/admin: decides otherwise: tighter for .*: 1 of dba for 4h at most → 1 of dba for 30m at most$/m,
    ],
    [
      '[dana@example.com]',
      '[dana@example.com, eve@example.com]',
      /^loosens {2}group developers: eve@example.com joined/m,
    ],
    [
      'roles:\n',
      'guardrails: [{ name: night, when: time.hour > 20, then: deny }]\nroles:\n',
      /^tightens guardrail night: is new/m,
    ],
    [
      'roles:\n',
      'alerts: { repeat: 1h, escalate: [{ after: 90m, to: [dba] }] }\nroles:\n',
      /^loosens {2}alerts: repeated every 15m → 1h$/m,
    ],
    [
      'roles:\n',
      'alerts: { repeat: 1h, escalate: [{ after: 90m, to: [dba] }] }\nroles:\n',
      /^tightens alerts: escalated to dba after never → 1h30m$/m,
    ],
    [
      'roles:\n',
      'channels: { audit: "#audit" }\nroles:\n',
      /^tightens role db\/admin: its timelines stand in #audit, stood in the threads of its cards$/m,
    ],
    ['  db/admin:', '  db/other:', /^tightens role db\/admin: is gone/m],
  ])('%s to %s', async (from, to, words) => {
    await change(from, to);
    expect(await told()).toMatch(words);
  });

  it('fails on what loosens, when asked to', async () => {
    await change('duration("1h")', 'duration("2h")');
    expect((await policy('diff', 'policies', 'next', '--fail-on', 'loosened')).code).toBe(1);
    expect((await policy('diff', 'next', 'policies', '--fail-on', 'loosened')).code).toBe(0);
    expect((await policy('diff', 'next', 'policies', '--fail-on', 'changed')).code).toBe(1);
  });
});

describe('the pipeline of docs/policy-in-ci.md', () => {
  const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'policy-in-ci.md'), 'utf8');
  /** The `run` lines of the documented job that call us, as argument lists. */
  const commands = z
    .object({ jobs: z.object({ policy: z.object({ steps: z.array(z.looseObject({ run: z.string().optional() })) }) }) })
    .parse(parse(/```yaml\n([\s\S]*?)```/.exec(page)?.[1] ?? ''))
    .jobs.policy.steps.flatMap(({ run }) => (run?.startsWith('npm run -s elevate -- ') ? [run] : []))
    .map((run) =>
      run
        .replace('npm run -s elevate -- ', '')
        .replace(/ > .*$/, '')
        .replaceAll(/origin\/\$\{\{ github\.base_ref \}\}/g, 'main')
        .replaceAll('"', '')
        .split(' '),
    );
  const git = (...args: string[]): void => {
    const identity = {
      GIT_AUTHOR_NAME: 'a',
      GIT_AUTHOR_EMAIL: 'a@b.example',
      GIT_COMMITTER_NAME: 'a',
      GIT_COMMITTER_EMAIL: 'a@b.example',
    };
    execFileSync('git', ['-c', 'init.defaultBranch=main', ...args], {
      cwd: folder.path,
      stdio: 'pipe',
      env: { ...process.env, ...identity },
    });
  };

  it('lets a good change through and says what it means, and stops a bad one', async () => {
    expect(commands.map((command) => command[1])).toEqual(['check', 'test', 'diff']);
    git('init', '-q');
    git('add', '.');
    git('commit', '-q', '-m', 'first');
    git('checkout', '-q', '-b', 'change');
    await folder.write({ 'policies/p.yaml': POLICY.replace('duration("1h")', 'duration("2h")') });
    const [check = [], test = [], diff = []] = commands;
    expect(await elevate(check)).toMatchObject({ code: 0 });
    expect(await elevate(test)).toMatchObject({ code: 0 });
    const comment = await elevate(diff);
    expect(comment.code).toBe(0);
    expect(comment.out).toMatch(
      /^### Access policy\n\n#### Looser\n- `role db\/admin`: `decides otherwise: looser for .+`$/m,
    );

    await folder.write({ 'policies/p.yaml': POLICY.replace('duration("1h")', 'duration("1x")') });
    expect(await elevate(check)).toMatchObject({
      code: 1,
      out: expect.stringContaining('::error file=policies/p.yaml,line=13'),
    });
    expect((await elevate(diff)).code).toBe(1);
    expect((await elevate(['policy', 'diff', 'nowhere:policies', 'policies'])).err).toContain('git cannot show');
    expect((await elevate(['policy', 'diff', '--', '--upload-pack=x:y', 'policies'])).code).toBe(2);
  });
});

it('every verb has help with examples and exit codes', async () => {
  for (const verb of ['check', 'test', 'explain', 'diff', 'replay', 'log', 'schema']) {
    const { code, out } = await policy(verb, '--help');
    expect({ verb, code }).toEqual({ verb, code: 0 });
    expect(out).toContain('Examples:');
    expect(out).toContain('Exit codes: 0 fine');
  }
  expect(await policy('chek')).toMatchObject({ code: 2, err: expect.stringContaining('check') });
});
