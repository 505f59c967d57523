// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are parts of source texts.
/** Who finds it: a named test file (and the tests in it by a pattern of their names), or rounds of the fault suite. */
export type Killer =
  | { readonly test: string; readonly named?: string }
  | { readonly rounds: number; readonly seed: number };

/** One safeguard, broken on purpose. */
export interface Mutation {
  readonly name: string;
  /** In src. */
  readonly file: string;
  /** Occurs exactly once in the file. */
  readonly search: string;
  /** Still compiles: what is found must be the missing safeguard. */
  readonly replace: string;
  readonly killer: Killer;
}

const rules = (named: string): Killer => ({ test: 'test/integration/revocation-rules.test.ts', named });
const outbox = (named: string): Killer => ({ test: 'test/contract/store-outbox.test.ts', named });
const transactions = (named: string): Killer => ({ test: 'test/contract/store-transaction.test.ts', named });
const clock = (named: string): Killer => ({ test: 'test/integration/database-watch.test.ts', named });
const many = (named: string): Killer => ({ test: 'test/contract/connector-postgres-many.test.ts', named });
const watch = (named: string): Killer => ({ test: 'test/contract/storm-watch.test.ts', named });
const postgres = (named: string): Killer => ({ test: 'test/contract/connector-postgres.test.ts', named });

const meanwhile = (named: string): Killer => ({ test: 'test/contract/postgres-meanwhile.test.ts', named });
const stale = (named: string): Killer => ({ test: 'test/integration/reconciler-stale.test.ts', named });
const drift = (named: string): Killer => ({ test: 'test/integration/drift-and-grants.test.ts', named });
const decisions = (named: string): Killer => ({ test: 'test/integration/drift-decisions.test.ts', named });

export const MUTATIONS: readonly Mutation[] = [
  {
    name: 'no read-back after granting',
    file: 'usecases/provision-grant.ts',
    search: 'if (level === null || !session.suffices(level)) {',
    replace: "if (level === ('never' as typeof level)) {",
    killer: rules('is never called live'),
  },
  {
    name: 'no read-back after revoking',
    file: 'usecases/revoke-grant.ts',
    search: 'const stillGivenBy = await readBack(connector, session, answer, before);',
    replace: 'const stillGivenBy: readonly string[] = [];',
    killer: rules('is never called ended'),
  },
  {
    name: 'many ends told without a read-back of each',
    file: 'usecases/revoke-many.ts',
    search: "typeof answer !== 'string' || held?.ours !== null) continue;",
    replace: "typeof answer !== 'string' || held === undefined) continue;",
    killer: many('there again when they are read back'),
  },
  {
    name: 'a batch that counts no siblings',
    file: 'usecases/revoke-many.ts',
    search: 'const answers = await session.revoke([...alone]);',
    replace: 'const answers = await session.revoke([...session.held]);',
    killer: many('what a sibling still needs'),
  },
  {
    name: 'a clock that went back leaves the ends where they were',
    file: 'usecases/note-trouble.ts',
    search: "transitionGrant(grant, { type: 'clock_went_back', bySeconds }, tx.now)",
    replace: "transitionGrant(grant, { type: 'clock_went_back', bySeconds: bySeconds * 0 }, tx.now)",
    killer: clock('while Elevate runs takes the ends with it'),
  },
  {
    name: 'a clock that was set back while nobody looked is compared with the last look alone',
    file: 'domain/clock-watch.ts',
    search: 'const from = last ?? sameBoot;',
    replace: 'const from = last;',
    killer: clock('also where it was down for longer'),
  },
  {
    name: 'ends that go back with the clock go back twice, by whoever had lost the work',
    file: 'usecases/note-trouble.ts',
    search: 'const effect = await tx.pendingForUpdate(claimed);',
    replace: 'const effect: NoteTrouble | null = claimed;',
    killer: clock('moves each end once'),
  },
  {
    name: 'more time given by a clock that was read before the wait for the grant',
    file: 'usecases/approve-into.ts',
    search: 'await tx.time()',
    replace: 'tx.now',
    killer: { test: 'test/integration/punctual-ends.test.ts', named: 'our own commit fails' },
  },
  {
    name: 'no lock on the target',
    file: 'connectors/postgres.ts',
    search: 'await lockAccess(name, connection, ids);',
    replace: '',
    killer: postgres('makes a second process wait'),
  },
  {
    name: 'no fencing of calls to a target without locks',
    file: 'connectors/lease-lock.ts',
    search: 'if (lost || performance.now() - askedAt > limits.leaseMs - limits.callMs) {',
    replace: 'if (lost && askedAt < 0) {',
    killer: { test: 'test/contract/connector-lockless.test.ts', named: 'takes the lock from a process that is paused' },
  },
  {
    name: 'announced before it is committed',
    file: 'usecases/provision-grant.ts',
    search: '  const heldBefore = note.before.ours !== null || note.before.others.length > 0;\n',
    replace: `  const heldBefore = note.before.ours !== null || note.before.others.length > 0;
  const { viewOf } = await import('./render-card.ts');
  const all = ports as Ports;
  const [grant] = open;
  const view = grant ? await viewOf(all, input.workspace, grant.requestId) : null;
  if (grant && view) await all.messenger.notify(grant.holder.slackUserId, 'access_live', view);
`,
    killer: { rounds: 1, seed: 1 },
  },
  {
    name: 'the end scheduled only after the grant',
    file: 'domain/grant.ts',
    search: 'effects: [revocation(state, state.mustEndBy), firstStep(state, now)],',
    replace: 'effects: [firstStep(state, now)],',
    killer: { rounds: 1, seed: 1 },
  },
  {
    name: 'the error of a revocation swallowed',
    file: 'usecases/revoke-grant.ts',
    search: '    const outage = asOutage(error);\n',
    replace: '    const outage = asOutage(error);\n    if (outage.message !== null) return done;\n',
    killer: rules('tried again quickly'),
  },
  {
    name: 'overlapping grants not counted',
    file: 'usecases/finish-grant.ts',
    search: 'open.find((each) => each.id !== id && ',
    replace: 'open.find((each) => each.id.length < id.length && ',
    killer: rules('two grants on one access'),
  },
  {
    name: 'the note of what was there rewritten on a retry',
    file: 'store/transaction.ts',
    search: 'ON CONFLICT (workspace_id, access_key) DO UPDATE SET access_key = excluded.access_key',
    replace: 'ON CONFLICT (workspace_id, access_key) DO UPDATE SET before = excluded.before',
    killer: rules('is not taken for what was there before'),
  },
  {
    name: 'the note dropped while another grant is open',
    file: 'usecases/finish-grant.ts',
    search: 'if (open.every((each) => each.id === grant.id)) await tx.dropNotes([key]);',
    replace: 'if (open.length >= 0) await tx.dropNotes([key]);',
    killer: rules('the note is inherited'),
  },
  {
    name: 'ended although the outcome is unknown',
    file: 'usecases/revoke-grant.ts',
    search: 'if (lookAgainAt) return doubt(',
    replace: 'if (lookAgainAt && answer.length < 0) return doubt(',
    killer: rules('without a lock on the target'),
  },
  {
    name: 'no lease on work in hand',
    file: 'store/outbox.ts',
    search: "interval '1 millisecond' AND ${isFree}\n        RETURNING key, workspace_id",
    replace: "interval '1 millisecond'\n        RETURNING key, workspace_id",
    killer: outbox("one owner's"),
  },
  {
    name: 'no generation of what was scheduled again',
    file: 'store/outbox.ts',
    search:
      'done_at = CASE WHEN e.generation = d.generation THEN coalesce(done_at, clock_timestamp()) ELSE done_at END',
    replace: 'done_at = coalesce(done_at, clock_timestamp())',
    killer: outbox('scheduled again meanwhile'),
  },
  {
    name: 'no version of a request that is saved',
    file: 'store/save.ts',
    search: 'AND r.workspace_id = i.workspace_id AND r.version = i.version - 1',
    replace: 'AND r.workspace_id = i.workspace_id',
    killer: transactions('no update of twenty is lost|throws Conflict'),
  },
  {
    name: 'the end of the audit chain not locked',
    file: 'store/finish.ts',
    search:
      'WITH ${changes} SELECT sequence, hash FROM audit_chain_heads WHERE workspace_id = ${workspace} FOR UPDATE`',
    replace: 'WITH ${changes} SELECT sequence, hash FROM audit_chain_heads WHERE workspace_id = ${workspace}`',
    killer: transactions('one unbroken chain'),
  },
  {
    name: 'whoever holds something without a grant of ours is taken for as granted',
    file: 'domain/holder-digest.ts',
    search:
      'if (each.digest === null || each.digest !== same?.digest || each.count !== same.count) differ.add(each.bucket);',
    replace: 'if (same && (each.digest === null || each.digest !== same.digest)) differ.add(each.bucket);',
    killer: watch('reads nobody who is as granted'),
  },
  {
    name: 'no sweep',
    file: 'jobs/sweep.ts',
    search: 'setInterval(() => void sweep(), SWEEP_EVERY_MS)',
    replace: 'setInterval(() => undefined, SWEEP_EVERY_MS)',
    killer: { test: 'test/unit/jobs-runner.test.ts', named: 'sweeps' },
  },
  {
    name: 'what could not be saved is not looked at again',
    file: 'jobs/runner.ts',
    search: 'if (!stopping.signal.aborted) lookAgain(claimed.key, claimed.generation, 0);',
    replace: '',
    killer: { test: 'test/unit/jobs-runner.test.ts', named: 'could not save' },
  },
  {
    name: 'ended before its time',
    file: 'usecases/end-on-time.ts',
    search: 'if (leftMs > 0) return leftMs;',
    replace: 'if (leftMs > 3_600_000) return leftMs;',
    killer: { test: 'test/integration/punctual-ends.test.ts', named: 'at its time and not before' },
  },
  {
    name: 'the reconciler takes up again what is gone by then',
    file: 'usecases/not-as-before.ts',
    search: "if ((await session.observe()).ours === null) return 'not_there';",
    replace: 'await session.observe();',
    killer: stale('is not taken up again when it is gone by then'),
  },
  {
    name: 'the reconciler takes up again what a new grant has by then',
    file: 'usecases/not-as-before.ts',
    search: '(await isInUse(tx, accessKey))',
    replace: '(await isInUse(tx, accessKey)) === null',
    killer: stale('is not taken up again when a new grant has it'),
  },
  {
    name: 'the reconciler takes up again what was accepted by then',
    file: 'usecases/not-as-before.ts',
    search: "if (isSettled(drift)) return 'settled';",
    replace: '',
    killer: stale('when somebody has accepted it by then'),
  },
  {
    name: 'the reconciler tells what the target said before as removed by hand',
    file: 'usecases/reconcile-grants.ts',
    search: "return now?.status === 'active' && (await session.observe()).ours === null;",
    replace: "return now?.status === 'active';",
    killer: stale('is not told as removed by hand'),
  },
  {
    name: 'the reconciler tells a level that a grant has just changed as changed by hand',
    file: 'domain/judge-holder.ts',
    search: 'active.activatedAt >= knows.listedAt) return EXPECTED;',
    replace: 'active.activatedAt > new Date(8.64e15)) return EXPECTED;',
    killer: stale('nobody’s change by hand'),
  },
  {
    name: 'drift told as gone without a read-back',
    file: 'usecases/take-away-drift.ts',
    search: 'if ((await session.observe()).ours !== null) {',
    replace: "if (answer === 'never') {",
    killer: stale('is told as gone only when it is read back'),
  },
  {
    name: 'drift taken away from under a grant',
    file: 'usecases/take-away-drift.ts',
    search: 'const waits = await isInUse(tx, accessKey);',
    replace: 'const waits = (await isInUse(tx, accessKey)) === null;',
    killer: drift('also one that begins between'),
  },
  {
    name: 'drift taken away that was accepted by then',
    file: 'usecases/take-away-drift.ts',
    search: 'if (!state || !isRipe(state)) return false;',
    replace: 'if (!state || isRipe(state) === null) return false;',
    killer: { test: 'test/integration/reconciler-postgres.test.ts', named: 'stays when somebody accepts it' },
  },
  {
    name: 'a question about access is settled by a grant',
    file: 'domain/judge-holder.ts',
    search: 'OUTLIVES_GRANTS.includes(knows.questioned) ? ',
    replace: 'OUTLIVES_GRANTS.includes(knows.questioned) && grants.length < 0 ? ',
    killer: drift('nobody gets past a question'),
  },
  {
    name: 'two answers about one drift',
    file: 'store/watch-writes.ts',
    search: 'SELECT * FROM drifts WHERE workspace_id = ${workspace} AND id = ${id} FOR UPDATE`',
    replace: 'SELECT * FROM drifts WHERE workspace_id = ${workspace} AND id = ${id}`',
    killer: decisions('one of three'),
  },
  {
    name: 'whoever has access says that it may stay',
    file: 'usecases/decide-drift.ts',
    search: 'if (leaves && (await isHolderOf(',
    replace: 'if (leaves && !policy && (await isHolderOf(',
    killer: decisions('cannot say that it may stay'),
  },
  {
    name: 'a stop gives back what it has not begun only at its end',
    file: 'jobs/run-ends.ts',
    search: "stopping.addEventListener('abort', onStopping, { once: true });",
    replace: "if (held.size < 0) stopping.addEventListener('abort', onStopping, { once: true });",
    killer: { test: 'test/contract/queue-postgres.test.ts', named: 'gives back at once' },
  },
  {
    name: 'nobody hears of what a stop gave back',
    file: 'jobs/hand-back.ts',
    search: 'due: () => orTell(handOnDue()),',
    replace: 'due: async () => void handOnDue,',
    killer: { test: 'test/contract/queue-postgres.test.ts', named: 'gives back at once' },
  },
  {
    name: 'meanwhile: a commit on the target that waits for a standby',
    file: 'connectors/postgres/connection.ts',
    search: "set_config('synchronous_commit', 'local', false)",
    replace: "set_config('synchronous_commit', 'on', false)",
    killer: meanwhile('wait for a standby'),
  },
  {
    name: 'meanwhile: a commit on the target that a crash forgets',
    file: 'connectors/postgres/connection.ts',
    search: "set_config('synchronous_commit', 'local', false)",
    replace: "set_config('synchronous_commit', 'off', false)",
    killer: meanwhile('forgotten in a crash'),
  },
  {
    name: 'meanwhile: a target that is read-only unless asked',
    file: 'connectors/postgres/connection.ts',
    search: "set_config('default_transaction_read_only', 'off', false)",
    replace: "set_config('default_transaction_deferrable', 'off', false)",
    killer: meanwhile('read-only'),
  },
  {
    name: 'meanwhile: sessions of a login that was dropped',
    file: 'connectors/postgres/sessions.ts',
    search: 'LEFT JOIN pg_roles r',
    replace: 'JOIN pg_roles r',
    killer: meanwhile('takes its open session along'),
  },
  {
    name: 'meanwhile: access that another workspace has is given once more',
    file: 'usecases/provision-grant.ts',
    search: 'if (elsewhere) {',
    replace: 'if (elsewhere === null) {',
    killer: meanwhile('two workspaces'),
  },
  {
    name: 'meanwhile: access that another workspace gave is called back',
    file: 'usecases/reconcile-holders.ts',
    search: '(await reads.isOpenElsewhere(holder.accessKey))) continue;',
    replace: '(await reads.isOpenElsewhere(holder.accessKey)) === null) continue;',
    killer: meanwhile('two workspaces'),
  },
  {
    name: 'an alarm says that access is gone which another grant still has',
    file: 'slack/cards/alert.ts',
    search: 'if (ended?.keptFor) return',
    replace: "if (ended?.keptFor === '') return",
    killer: meanwhile('nobody is told that it is gone'),
  },
  {
    name: 'came back: what had ended and is there again is noted as held before',
    file: 'usecases/held-before.ts',
    search: 'return accepted ? found : { ...found, ours: null };',
    replace: 'return found;',
    killer: rules('is there again is nobody'),
  },
  {
    name: 'came back: what a grant never called for is taken for its own',
    file: 'domain/grant-end.ts',
    search: 'target: mayReappear(state, command) ? state.target : { ...state.target, resolved: null },',
    replace: 'target: state.target,',
    killer: rules('what nobody noted was never called for'),
  },
  {
    name: 'came back: what was held before and confirmed is taken for a grant',
    file: 'domain/grant-watch.ts',
    search: 'state: { ...state, leftBehind },',
    replace: 'state,',
    killer: { test: 'test/integration/stepping-in.test.ts', named: 'nothing but what was held before' },
  },
  {
    name: 'the reconciler is blind and says nothing',
    file: 'usecases/reconcile.ts',
    search: 'await tx.save({ effects });',
    replace: 'await tx.save({ effects: effects.slice(effects.length) });',
    killer: { test: 'test/integration/reconciler-blind.test.ts', named: 'cannot be reached' },
  },
  {
    name: 'what was made anew on a target is taken for what it was while access to that is open',
    file: 'usecases/reconcile.ts',
    search: 'if ((await reads.holdersByGrants(entitlementKey)).length > 0) {',
    replace: 'if ((await reads.holdersByGrants(entitlementKey)).length < 0) {',
    killer: { test: 'test/integration/reconciler-blind.test.ts', named: 'made anew' },
  },
];
