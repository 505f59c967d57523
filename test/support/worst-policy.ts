import { defaultSeed, type WorkspaceSeed } from '../../src/sandbox/workspace/seed.ts';
import { LONGEST_NAME, longHostile, many } from './worst-case.ts';

/** Everybody's name has 80 characters, and the user group `dba` has a hundred members. */
const APPROVERS = 100;
const others = many(APPROVERS - 2, (index) => ({
  key: `approver${index}`,
  realName: longHostile(80, `${index} `),
  email: `approver${index}@example.com`,
}));
export const WORST_SEED: WorkspaceSeed = {
  ...defaultSeed,
  people: [
    ...defaultSeed.people.map((person) => ({ ...person, realName: longHostile(80, `${person.key} `) })),
    ...others,
  ],
  groups: defaultSeed.groups.map((group) =>
    group.handle === 'dba' ? { ...group, members: [...group.members, ...others.map(({ key }) => key)] } : group,
  ),
};

const longest = (start: string): string => start.padEnd(LONGEST_NAME, '.x');
const RESOURCE = longest('orders-db');
const ROLES = 1_000;
const NARROWER = 50;
const APPROVING = many(20, (index) => longest(`approvers-${index}`));
const keyOf = (index: number): string => `${RESOURCE}/${longest(`role-${index}`)}`;
/** Asked for through the form; all that follows stands under its card. */
export const ROLE = keyOf(0);
/** One of those that an approver may choose instead. */
export const NARROWER_ROLE = keyOf(1);
/** What happens with it is told in a channel of its own. */
export const RECORDED_ROLE = keyOf(NARROWER + 1);
export const INSTRUCTIONS = longHostile(2_000);

/** A thousand roles, whatever has a name named as long as a policy may name it, as the text of a policy file. */
export function worstPolicy(): string {
  const role = (index: number) => ({
    title: longHostile(80, `${index} `),
    entitlement: { role: 'orders_read' },
    subject: 'requester.email.split("@")[0]',
    risk: 'high',
    duration: { default: '23h59m59s', max: '29d23h59m59s' },
    reason: { min_length: 1_000 },
    ticket: { required: true, pattern: `^(?:INC-\\d+|${'x'.repeat(480)})$` },
    extensions: { max: 20 },
    // biome-ignore lint/suspicious/noThenProperty: it is the policy language's own key.
    rules: [{ name: longHostile(80), then: { require: [{ approvals: 1, from: APPROVING }] } }],
    break_glass: { who: ['sre'], max: '7d', notify: ['security'], review_within: '24h' },
  });
  const roles = many(ROLES, (index) => ({
    ...role(index),
    ...(index === 0 ? { instructions: INSTRUCTIONS, narrower: many(NARROWER, (each) => keyOf(each + 1)) } : {}),
    ...(keyOf(index) === RECORDED_ROLE ? { audit_channel: '#access-audit' } : {}),
  }));
  return JSON.stringify({
    apiVersion: 'elevate/v1',
    timezone: 'America/Argentina/Buenos_Aires',
    defaults: { channel: '#access' },
    admins: ['security'],
    channels: { security: '#security' },
    groups: {
      sre: { slack_usergroup: 'sre' },
      security: { members: ['sam@example.com'] },
      ...Object.fromEntries(
        APPROVING.map((name, index) => [
          name,
          index === 0 ? { slack_usergroup: 'dba' } : { members: ['bo@example.com'] },
        ]),
      ),
    },
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a reference as a policy writes it
    connectors: { [longest('orders-pg')]: { type: 'postgres', url: '${ORDERS_DB_URL}' } },
    resources: {
      [RESOURCE]: {
        title: longHostile(80, 'Orders '),
        connector: longest('orders-pg'),
        environment: longest('production'),
        owners: APPROVING,
      },
    },
    roles: Object.fromEntries(roles.map((each, index) => [keyOf(index), each])),
  });
}
