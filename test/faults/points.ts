import type { Fault } from '../support/target-proxy.ts';

/** Between whom and the bot the proxy stands that breaks the message. */
export type Side = 'target' | 'store' | 'slack';

/**
 * One moment between two effects on the world outside at which a process can die. `lost`: the message never arrives; `answer_lost`: it
 * is carried out and nobody hears of it; `stuck`: it arrives after the process has died.
 */
export interface CrashPoint {
  readonly name: string;
  readonly side: Side;
  /** Part of the message, as it stands on the wire. */
  readonly text: string | RegExp;
  /** Only behind this one on the same connection. */
  readonly after?: string;
  readonly fault: Fault;
  /** SIGKILL, or only a connection that breaks. */
  readonly outcome: 'kill' | 'go on';
}

const GRANT = 'GRANT ';
const REVOKE = 'REVOKE ';
const READ_BACK = 'm.admin_option AS admin';

const onTarget: readonly CrashPoint[] = [GRANT, REVOKE].flatMap((statement): CrashPoint[] => {
  const name = statement.trim();
  const at = { side: 'target', after: statement, text: 'COMMIT', outcome: 'kill' } as const;
  return [
    { name: `before the ${name} is sent`, side: 'target', text: statement, fault: 'lost', outcome: 'kill' },
    { ...at, name: `the ${name} sent, before its COMMIT`, fault: 'lost' },
    { ...at, name: `the ${name} committed, its answer unheard`, fault: 'answer_lost' },
    { ...at, name: `the ${name} committed, its answer lost on the way`, fault: 'answer_lost', outcome: 'go on' },
    { ...at, name: `the COMMIT of the ${name} lands after the death`, fault: 'stuck' },
    { ...at, name: `the ${name} committed, before it is read back`, text: READ_BACK, fault: 'lost' },
  ];
});

/** Each names a commit of ours by the audit event in it. */
const COMMITS = [
  'grant.created',
  'grant.provisioning_started',
  'grant.activated',
  'grant.revocation_started',
  'grant.ended',
] as const;

const inStore: readonly CrashPoint[] = COMMITS.flatMap((text): CrashPoint[] => [
  { name: `before ${text} is committed`, side: 'store', text, fault: 'lost', outcome: 'kill' },
  { name: `${text} committed, before anything follows`, side: 'store', text, fault: 'answer_lost', outcome: 'kill' },
  {
    name: `${text} committed, its answer lost on the way`,
    side: 'store',
    text,
    fault: 'answer_lost',
    outcome: 'go on',
  },
]);

const inSlack: readonly CrashPoint[] = ['chat.postMessage', 'chat.update'].flatMap((method): CrashPoint[] => [
  { name: `before ${method}`, side: 'slack', text: `/api/${method}`, fault: 'lost', outcome: 'kill' },
  {
    name: `${method} done, before it is noted`,
    side: 'slack',
    text: `/api/${method}`,
    fault: 'answer_lost',
    outcome: 'kill',
  },
]);

const sessions: CrashPoint = {
  name: 'the REVOKE done, before sessions are ended',
  side: 'target',
  text: 'pg_terminate_backend',
  fault: 'lost',
  outcome: 'kill',
};
const unlock: CrashPoint = {
  name: 'before the lock on the target is freed',
  side: 'target',
  text: 'pg_advisory_unlock',
  fault: 'lost',
  outcome: 'kill',
};

/** Every moment between two external effects of one access, in the order of its life. */
export const CRASH_POINTS: readonly CrashPoint[] = [
  ...inStore.slice(0, 6),
  ...onTarget.slice(0, 6),
  ...inStore.slice(6, 9),
  ...inSlack,
  unlock,
  ...inStore.slice(9, 12),
  ...onTarget.slice(6),
  sessions,
  ...inStore.slice(12),
];
