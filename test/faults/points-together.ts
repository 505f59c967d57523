import type { CrashPoint } from './points.ts';

/** What only a transaction for many ends says on the target (src/connectors/postgres/membership-many.ts). */
const MANY = 'SAVEPOINT one_statement';
const target = { side: 'target', after: MANY, outcome: 'kill' } as const;
/** Two events of one kind in one message are a commit about many grants. */
const many = (kind: string): RegExp => new RegExp(`"${kind}".*"${kind}"`, 's');
const started = { side: 'store', text: many('grant.revocation_started'), outcome: 'kill' } as const;
const ended = { side: 'store', text: many('grant.ended'), outcome: 'kill' } as const;
/** The one message about all of them, in the body of a call of Slack. */
const told = { side: 'slack', text: /grants(?:\+|%20| )ended/, outcome: 'kill' } as const;

/** Every moment between two external effects where many accesses end together, in their order. */
export const TOGETHER_POINTS: readonly CrashPoint[] = [
  {
    name: 'many ends in hand, before anything else',
    side: 'store',
    text: 'u(urgency)',
    fault: 'answer_lost',
    outcome: 'kill',
  },
  { ...started, name: 'before the starts of many ends are committed', fault: 'lost' },
  { ...started, name: 'the starts of many ends committed, before anything follows', fault: 'answer_lost' },
  { ...target, name: 'before the REVOKE of many is sent', text: 'REVOKE ', fault: 'lost' },
  { ...target, name: 'the REVOKE of many sent, before its COMMIT', text: 'COMMIT', fault: 'lost' },
  { ...target, name: 'the REVOKE of many committed, its answer unheard', text: 'COMMIT', fault: 'answer_lost' },
  {
    ...target,
    name: 'the REVOKE of many committed, its answer lost on the way',
    text: 'COMMIT',
    fault: 'answer_lost',
    outcome: 'go on',
  },
  { ...target, name: 'the COMMIT of the REVOKE of many lands after the death', text: 'COMMIT', fault: 'stuck' },
  {
    ...target,
    name: 'the REVOKE of many done, before sessions are ended',
    text: 'pg_terminate_backend',
    fault: 'lost',
  },
  {
    ...target,
    name: 'the REVOKE of many committed, before it is read back',
    text: 'unnest($1::oid[], $2::oid[])',
    fault: 'lost',
  },
  { ...ended, name: 'many read back as gone, before that is committed', fault: 'lost' },
  { ...ended, name: 'many ends committed, before anything follows', fault: 'answer_lost' },
  { ...ended, name: 'many ends committed, its answer lost on the way', fault: 'answer_lost', outcome: 'go on' },
  {
    name: 'many ends committed, before the locks on the target are freed',
    side: 'target',
    text: 'bool_and(pg_advisory_unlock',
    fault: 'lost',
    outcome: 'kill',
  },
  { ...told, name: 'before many ends are announced', fault: 'lost' },
  { ...told, name: 'many ends announced, before it is noted', fault: 'answer_lost' },
];
