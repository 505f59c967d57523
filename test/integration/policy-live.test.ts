import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startWorkspace, type Workspace } from '../../src/sandbox/workspace/workspace.ts';
import { elevate, type Folder, temporaryFolder } from '../support/cli.ts';

const POLICY = `apiVersion: elevate/v1
defaults: { channel: "#access" }
groups:
  dba: { slack_usergroup: dba }
  developers: { slack_usergroup: developers }
  ghosts: { slack_usergroup: ghosts }
  gone: { members: [gil@example.com] }
admins: [gone, ghosts]
connectors: { pg: { type: postgres, url: "\${ELEVATE_TEST_NO_SUCH_URL}" } }
resources: { db: { connector: pg, environment: production, owners: [dba], channel: "#nowhere" } }
roles:
  db/admin:
    entitlement: { role: admin }
    rules:
      - name: developers with a DBA
        when: '"developers" in requester.groups'
        then: { require: [{ from: [dba] }] }
`;

let workspace: Workspace;
let folder: Folder;
let env: Record<string, string>;
beforeAll(async () => {
  workspace = await startWorkspace();
  folder = await temporaryFolder();
  await folder.write({ 'p.yaml': POLICY });
  env = { SLACK_BOT_TOKEN: workspace.botToken, SLACK_API_URL: workspace.apiUrl };
}, 60_000);
afterAll(async () => {
  await folder.remove();
  await workspace.stop();
});

describe('elevate policy check --live', () => {
  it('tells which groups, channels and targets are not there, and is silent about those that are', async () => {
    const { code, out } = await elevate(['policy', 'check', folder.path, '--live'], env);
    expect(code).toBe(1);
    expect(out).toMatch(
      /error not_found_in_slack: The group 'ghosts' cannot be looked up: Slack has no user group @ghosts/,
    );
    expect(out).toMatch(/warning empty_group: The group 'gone' has no members/);
    expect(out).toMatch(/:12:3: error not_found_in_slack: There is no channel #nowhere/);
    expect(out).toMatch(/error target_problem: Target pg: .*ELEVATE_TEST_NO_SUCH_URL/);
    expect(out).not.toMatch(/'dba'|'developers'|#access/);
  });

  it('ends with 3 when Slack does not know us', async () => {
    const wrong = await elevate(['policy', 'check', folder.path, '--live'], { ...env, SLACK_BOT_TOKEN: 'xoxb-wrong' });
    expect(wrong.code).toBe(3);
  });
});

describe('elevate policy explain --live', () => {
  it('asks Slack who is in which group', async () => {
    const explain = (email: string) =>
      elevate(['policy', 'explain', 'db/admin', '--as', email, '--policy', folder.path, '--live'], env);
    expect(await explain('dana@example.com')).toMatchObject({ code: 0, out: expect.stringContaining('1 of dba') });
    expect(await explain('mara@example.com')).toMatchObject({
      code: 1,
      out: expect.stringContaining('for a member of developers'),
    });
    expect((await explain('nobody@example.com')).err).toContain('Slack knows nobody');
  });
});
