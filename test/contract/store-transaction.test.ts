import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { CHAIN_START, verifyChain } from '../../src/domain/audit.ts';
import { schedule } from '../../src/domain/effect.ts';
import { policyVersion, requestId } from '../../src/domain/ids.ts';
import { bySystem } from '../../src/domain/person.ts';
import { transitionRequest } from '../../src/domain/request.ts';
import { readEvent } from '../../src/store/audit-rows.ts';
import { Conflict, Outage, type Store } from '../../src/usecases/ports.ts';
import { type FreshDatabase, freshDatabase, type StartedStore, startStore } from '../support/database.ts';
import { aStage, dba, dba2, dev, later, T0 } from '../support/domain.ts';
import { aPersonRef, aSubmission, aWorkspace, changeOf, saveGranted } from '../support/stored.ts';

let database: FreshDatabase;
let started: StartedStore;
let store: Store;
let sql: pg.Pool;

beforeAll(async () => {
  database = await freshDatabase();
  started = await startStore(database.url);
  store = started.store;
  sql = new pg.Pool({ connectionString: database.url, max: 4 });
});

afterAll(async () => {
  await sql?.end();
  await started?.close();
  await database?.drop();
});

const chainOf = async (workspace: string) => {
  const { rows } = await sql.query('SELECT * FROM audit_events WHERE workspace_id = $1 ORDER BY sequence', [workspace]);
  return rows.map(readEvent);
};

describe('what is saved', () => {
  it('comes back as it was, one version on', async () => {
    const workspaceId = aWorkspace();
    const made = aSubmission({ workspaceId, ticket: null, durationSeconds: 900.5 });
    await store.transaction(workspaceId, (tx) => tx.save(changeOf(made)));
    const reads = store.reads(workspaceId);
    expect(await reads.request(made.state.id)).toEqual({ ...made.state, version: 1 });
    expect(await reads.requestByOrigin(made.state.origin)).toEqual({ ...made.state, version: 1 });
    expect(await reads.pendingRequestsOf(dev.slackUserId)).toEqual([{ ...made.state, version: 1 }]);
    expect(await reads.pendingRequests(10)).toEqual([{ ...made.state, version: 1 }]);
    expect(await reads.pendingRequestsOf(dba.slackUserId)).toEqual([]);
  });

  it('is not seen from another workspace, nor written from there', async () => {
    const made = aSubmission({ workspaceId: aWorkspace() });
    await store.transaction(made.state.workspaceId, (tx) => tx.save(changeOf(made)));
    const other = aWorkspace();
    expect(await store.reads(other).request(made.state.id)).toBeNull();
    expect(await store.transaction(other, (tx) => tx.requestForUpdate(made.state.id))).toBeNull();
    await expect(store.transaction(other, (tx) => tx.save({ requests: [made.state] }))).rejects.toThrow(
      /belongs to the workspace/,
    );
  });

  it('keeps decisions in their order', async () => {
    const workspaceId = aWorkspace();
    const made = aSubmission({
      workspaceId,
      stages: [aStage(2, 'dba')],
    });
    await store.transaction(workspaceId, (tx) => tx.save(changeOf(made)));
    const voters = [
      {
        voters: new Map([
          [dba.slackUserId, { via: 'dba', onBehalfOf: [] }],
          [dba2.slackUserId, { via: 'dba', onBehalfOf: [] }],
        ]),
        unavailable: [],
      },
    ];
    for (const by of [dba, dba2]) {
      await store.transaction(workspaceId, async (tx) => {
        const request = await tx.requestForUpdate(made.state.id);
        if (!request) throw new Error('gone');
        const step = transitionRequest(request, { type: 'approve', by, revision: 1, voters }, tx.now);
        if (!step.ok) throw new Error(step.refusal.code);
        await tx.save({ requests: [step.state], events: step.events, effects: step.effects });
      });
    }
    const saved = await store.reads(workspaceId).request(made.state.id);
    expect(saved?.status).toBe('approved');
    expect(saved?.version).toBe(3);
    expect(saved?.decisions.map((decision) => decision.by.name)).toEqual(['Dba', 'Dba2']);
  });

  it('holds grants, their history and what overlaps on one access', async () => {
    const workspaceId = aWorkspace();
    const requester = aPersonRef('U0HOLDER');
    const { request, grant } = await saveGranted(store, { workspaceId, requester });
    const reads = store.reads(workspaceId);
    expect(await reads.grantOfRequest(request.id)).toEqual(grant);
    expect(await reads.openGrantsOf(requester.slackUserId)).toEqual([grant]);
    const resolved = {
      targetIdentity: 'system 1',
      entitlementId: '16385',
      subjectId: '16386',
      key: `pg/1/16385/16386`,
    };
    await store.transaction(workspaceId, async (tx) => {
      const locked = await tx.grantForUpdate(grant.id);
      if (!locked) throw new Error('gone');
      await tx.save({ grants: [{ ...locked, target: { ...locked.target, resolved } }] });
    });
    expect((await reads.openGrantsOn(resolved.key)).map((each) => each.id)).toEqual([grant.id]);
    const since = new Date(grant.createdAt.getTime() - 1000);
    expect(await reads.historyOf(requester.slackUserId, since)).toEqual({
      open: new Map([[grant.roleKey, 1]]),
      grantsSince: 1,
      lastEndedAt: null,
    });
    expect(await reads.historyOf(requester.slackUserId, since, grant.id)).toEqual({
      open: new Map(),
      grantsSince: 0,
      lastEndedAt: null,
    });
    await store.transaction(workspaceId, async (tx) => {
      const locked = await tx.grantForUpdate(grant.id);
      if (!locked) throw new Error('gone');
      await tx.save({ grants: [{ ...locked, status: 'ended', endedBecause: 'returned', endedAt: tx.now }] });
    });
    expect(await reads.openGrantsOf(requester.slackUserId)).toEqual([]);
    expect(await reads.openGrantsOn(resolved.key)).toEqual([]);
    const history = await reads.historyOf(requester.slackUserId, later(9e9));
    expect(history.open).toEqual(new Map());
    expect(history.grantsSince).toBe(0);
    expect(history.lastEndedAt).toBeInstanceOf(Date);
  });

  it('survives characters that PostgreSQL cannot keep, in the audit too', async () => {
    const workspaceId = aWorkspace();
    const made = aSubmission({ workspaceId, reason: 'nul \0 and half a pair \ud83d.' });
    const event = {
      kind: 'decision.denied' as const,
      data: { via: 'dba', reason: made.state.reason },
      at: T0,
      actor: bySystem('worker'),
      requestId: made.state.id,
      grantId: null,
    };
    await store.transaction(workspaceId, (tx) => tx.save({ requests: [made.state], events: [event] }));
    expect((await store.reads(workspaceId).request(made.state.id))?.reason).toBe('nul \uFFFD and half a pair \uFFFD.');
    expect(verifyChain(await chainOf(workspaceId))).toBeNull();
  });
});

describe('a version that is not the stored one', () => {
  it('throws Conflict, and nothing of the transaction stays', async () => {
    const workspaceId = aWorkspace();
    const made = aSubmission({ workspaceId });
    await store.transaction(workspaceId, (tx) => tx.save(changeOf(made)));
    const before = await store.reads(workspaceId).eventsOf(made.state.id);
    const other = aSubmission({ workspaceId });
    let runs = 0;
    await expect(
      store.transaction(workspaceId, async (tx) => {
        runs += 1;
        await tx.save(changeOf(other));
        await tx.save({ requests: [{ ...made.state, version: 7, reason: 'from a stale read' }] });
      }),
    ).rejects.toThrow(Conflict);
    expect(runs).toBe(6);
    expect(await store.reads(workspaceId).request(other.state.id)).toBeNull();
    expect((await store.reads(workspaceId).request(made.state.id))?.reason).toBe(made.state.reason);
    expect(await store.reads(workspaceId).eventsOf(made.state.id)).toEqual(before);
    const { rows } = await sql.query('SELECT 1 FROM effects WHERE key = $1', [`render_card/${other.state.id}`]);
    expect(rows).toEqual([]);
  });

  it('runs again on what is there now: no update of twenty is lost', async () => {
    const workspaceId = aWorkspace();
    const made = aSubmission({ workspaceId, revision: 0 });
    await store.transaction(workspaceId, (tx) => tx.save(changeOf(made)));
    const bump = () =>
      store.transaction(workspaceId, async (tx) => {
        const request = await tx.requestForUpdate(made.state.id);
        if (!request) throw new Error('gone');
        await tx.save({ requests: [{ ...request, revision: request.revision + 1 }] });
      });
    await Promise.all(Array.from({ length: 20 }, bump));
    expect((await store.reads(workspaceId).request(made.state.id))?.revision).toBe(20);
  });

  it('is what a second submission of one origin meets; run again, it finds the first', async () => {
    const workspaceId = aWorkspace();
    const submitOnce = (id: string) =>
      store.transaction(workspaceId, async (tx) => {
        const known = await tx.requestByOrigin('view/double');
        if (known) return known.id;
        const made = aSubmission({ workspaceId, origin: 'view/double', id: requestId(id) });
        await tx.save(changeOf(made));
        return made.state.id;
      });
    const ids = await Promise.all(Array.from({ length: 8 }, (_, index) => submitOnce(`req_double${index}`)));
    expect(new Set(ids).size).toBe(1);
  });
});

describe('one transaction', () => {
  it('leaves nothing when the work throws, and passes the error on', async () => {
    const workspaceId = aWorkspace();
    const made = aSubmission({ workspaceId });
    const work = store.transaction(workspaceId, async (tx) => {
      await tx.save(changeOf(made));
      throw new RangeError('the work failed');
    });
    await expect(work).rejects.toThrow(RangeError);
    expect(await store.reads(workspaceId).request(made.state.id)).toBeNull();
    expect(await chainOf(workspaceId)).toEqual([]);
  });

  it('tells listeners of the earliest due time, and only once it is committed', async () => {
    const workspaceId = aWorkspace();
    const made = aSubmission({ workspaceId });
    const heard: { at: Date; there: Promise<unknown> }[] = [];
    store.onCommit((at) => heard.push({ at, there: store.reads(workspaceId).request(made.state.id) }));
    await store.transaction(workspaceId, async (tx) => {
      await tx.save({
        requests: [made.state],
        effects: [
          schedule({ kind: 'expire_request', requestId: made.state.id }, later(60)),
          schedule({ kind: 'render_card', requestId: made.state.id }, later(5)),
        ],
      });
      expect(heard).toEqual([]);
    });
    expect(heard.map((each) => each.at)).toEqual([later(5)]);
    expect(await heard[0]?.there).not.toBeNull();
    await store.transaction(workspaceId, (tx) => tx.request(made.state.id));
    await expect(store.transaction(workspaceId, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(heard).toHaveLength(1);
  });

  it('tells listeners what was due at once, apart from what is due later', async () => {
    const workspaceId = aWorkspace();
    const { id } = aSubmission({ workspaceId }).state;
    const heard: (readonly string[])[] = [];
    store.onCommit((_, dueNow) => heard.push(dueNow.map(({ key }) => key)));
    await store.transaction(workspaceId, (tx) =>
      tx.save({
        effects: [
          schedule({ kind: 'render_card', requestId: id }, tx.now),
          schedule({ kind: 'expire_request', requestId: id }, new Date(tx.now.getTime() + 1)),
        ],
      }),
    );
    expect(heard).toEqual([[`render_card/${id}`]]);
  });

  it('leaves nothing when its very last statement fails, which travels with the commit', async () => {
    const workspaceId = aWorkspace();
    const first = aSubmission({ workspaceId });
    await store.transaction(workspaceId, (tx) => tx.save(changeOf(first)));
    // The chain's end points at an event that is there already, so that appending to it fails.
    await sql.query('UPDATE audit_chain_heads SET sequence = 0 WHERE workspace_id = $1', [workspaceId]);
    const second = aSubmission({ workspaceId });
    await expect(store.transaction(workspaceId, (tx) => tx.save(changeOf(second)))).rejects.toThrow(/duplicate key/);
    expect(await store.reads(workspaceId).request(second.state.id)).toBeNull();
    const { rowCount } = await sql.query(`SELECT FROM effects WHERE key LIKE '%' || $1`, [second.state.id]);
    expect(rowCount).toBe(0);
  });

  it('decides about one person one after the other', async () => {
    const workspaceId = aWorkspace();
    const requester = aPersonRef('U0GREEDY');
    const limit = 2;
    const ask = () =>
      store.transaction(
        workspaceId,
        async (tx) => {
          if ((await tx.pendingRequestsOf(requester.slackUserId)).length >= limit) return false;
          await tx.save(changeOf(aSubmission({ workspaceId, requester })));
          return true;
        },
        { lockPerson: requester.slackUserId },
      );
    const answers = await Promise.all(Array.from({ length: 5 }, ask));
    expect(answers.filter((passed) => passed)).toHaveLength(limit);
  });

  it('tells the time after the wait for the person, not before', async () => {
    const workspaceId = aWorkspace();
    const order: Date[] = [];
    const take = () =>
      store.transaction(
        workspaceId,
        async (tx) => {
          order.push(tx.now);
          await tx.save({ events: [] });
        },
        { lockPerson: dev.slackUserId },
      );
    await Promise.all([take(), take(), take()]);
    expect(order).toEqual([...order].sort((a, b) => a.getTime() - b.getTime()));
  });

  it('runs again after a deadlock', async () => {
    const workspaceId = aWorkspace();
    const [a, b] = [aSubmission({ workspaceId }), aSubmission({ workspaceId })];
    await store.transaction(workspaceId, (tx) => tx.save({ requests: [a.state, b.state] }));
    let waiting = 0;
    let release = (): void => {};
    const bothHoldOne = new Promise<void>((resolve) => {
      release = resolve;
    });
    let runs = 0;
    const lockBoth = (first: typeof a, second: typeof a) =>
      store.transaction(workspaceId, async (tx) => {
        runs += 1;
        await tx.requestForUpdate(first.state.id);
        waiting += 1;
        if (waiting === 2) release();
        await bothHoldOne;
        await tx.requestForUpdate(second.state.id);
      });
    await Promise.all([lockBoth(a, b), lockBoth(b, a)]);
    expect(runs).toBeGreaterThanOrEqual(3);
  });

  it('is an outage when the database is not there', async () => {
    const nowhere = await startStore('postgresql://postgres:x@127.0.0.1:1/none');
    try {
      const failures = [
        nowhere.store.transaction(aWorkspace(), (tx) => Promise.resolve(tx.now)),
        nowhere.store.reads(aWorkspace()).request(requestId('req_x')),
        nowhere.store.now(),
        nowhere.store.outbox.claim('render_card/x', 'me', 5),
      ];
      for (const failure of failures) {
        const error = await failure.then(
          () => null,
          (reason: unknown) => reason,
        );
        expect(error).toBeInstanceOf(Outage);
        expect(error).toMatchObject({ kind: 'transient', message: expect.stringContaining('database') });
      }
    } finally {
      await nowhere.close();
    }
  });

  it('is an outage when its connection is cut', async () => {
    const cut = store.transaction(aWorkspace(), async (tx) => {
      await sql.query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'elevate' AND state LIKE 'idle in transaction%' AND datname = current_database()",
      );
      await tx.request(requestId('req_x'));
    });
    await expect(cut).rejects.toMatchObject({ name: 'Outage', kind: 'transient' });
    expect(await store.now()).toBeInstanceOf(Date);
  });
});

describe('a commit whose connection is lost', () => {
  it('is an outage whose outcome nobody knows, and is not run again', async () => {
    let runs = 0;
    const lost = store.transaction(aWorkspace(), async () => {
      runs += 1;
      await sql.query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'elevate' AND state LIKE 'idle in transaction%' AND datname = current_database()",
      );
    });
    await expect(lost).rejects.toMatchObject({ name: 'Outage', kind: 'unknown_outcome' });
    expect(runs).toBe(1);
  });
});

describe('transactions that wait', () => {
  it('keep no lease and no read waiting, however many they are', async () => {
    const workspaceId = aWorkspace();
    const holder = await sql.connect();
    await holder.query('BEGIN');
    await holder.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [
      `person/${workspaceId}/${dev.slackUserId}`,
    ]);
    const waiting = Array.from({ length: 30 }, () =>
      store.transaction(workspaceId, (tx) => Promise.resolve(tx.now), { lockPerson: dev.slackUserId }),
    );
    try {
      expect(await store.outbox.claim('render_card/none', 'me', 5)).toBeNull();
      expect(await store.reads(workspaceId).request(requestId('req_none'))).toBeNull();
    } finally {
      await holder.query('ROLLBACK');
      holder.release();
    }
    expect(await Promise.all(waiting)).toHaveLength(30);
  });
});

describe('the audit', () => {
  const said = (n: number) => ({
    kind: 'decision.refused' as const,
    data: { code: `code ${n}` },
    at: T0,
    actor: bySystem('worker'),
    requestId: null,
    grantId: null,
  });

  it('is one unbroken chain per workspace, however many write at once', async () => {
    const workspaceId = aWorkspace();
    const other = await startStore(database.url);
    try {
      const stores = [store, other.store];
      await Promise.all(
        Array.from({ length: 40 }, (_, n) =>
          stores[n % 2]?.transaction(workspaceId, (tx) => tx.save({ events: [said(n), said(n + 100)] })),
        ),
      );
    } finally {
      await other.close();
    }
    const events = await chainOf(workspaceId);
    expect(events).toHaveLength(80);
    expect(events[0]?.previousHash).toBe(CHAIN_START);
    expect(verifyChain(events)).toBeNull();
    const { rows } = await sql.query('SELECT sequence, hash FROM audit_chain_heads WHERE workspace_id = $1', [
      workspaceId,
    ]);
    expect(rows).toEqual([{ sequence: 80, hash: events.at(-1)?.hash }]);
  });

  it('lists the events of a request and its grant, from wherever one asks', async () => {
    const { request } = await saveGranted(store, { workspaceId: aWorkspace() });
    const reads = store.reads(request.workspaceId);
    const all = await reads.eventsOf(request.id);
    expect(all.map((event) => event.kind)).toEqual(['request.submitted', 'request.approved', 'grant.created']);
    expect(await reads.eventsOf(request.id, 2)).toEqual(all.slice(2));
  });

  it.each(["UPDATE audit_events SET kind = 'x'", 'DELETE FROM audit_events', 'TRUNCATE audit_events'])(
    'refuses %s',
    async (statement) => {
      await store.transaction(aWorkspace(), (tx) => tx.save({ events: [said(1)] }));
      await expect(sql.query(statement)).rejects.toThrow(/append-only/);
      await expect(sql.query(`SET session_replication_role = replica; ${statement}`)).rejects.toThrow(/append-only/);
    },
  );

  it('tells an event that was changed behind the trigger', async () => {
    const workspaceId = aWorkspace();
    await store.transaction(workspaceId, (tx) => tx.save({ events: [said(1), said(2), said(3)] }));
    const client = await sql.connect();
    try {
      await client.query('BEGIN');
      await client.query('ALTER TABLE audit_events DISABLE TRIGGER audit_events_append_only');
      await client.query(
        `UPDATE audit_events SET data = '{"code": "nothing"}' WHERE workspace_id = $1 AND sequence = 2`,
        [workspaceId],
      );
      const { rows } = await client.query('SELECT * FROM audit_events WHERE workspace_id = $1 ORDER BY sequence', [
        workspaceId,
      ]);
      expect(verifyChain(rows.map(readEvent))).toEqual({ sequence: 2, fault: 'changed' });
    } finally {
      await client.query('ROLLBACK');
      client.release();
    }
  });
});

describe('notes and cards', () => {
  it('keeps the first note of an access, also among many at once', async () => {
    const { request, grant } = await saveGranted(store, { workspaceId: aWorkspace() });
    const keep = (level: number) =>
      store.transaction(request.workspaceId, (tx) =>
        tx.keepNote({
          accessKey: 'pg/1/2/3',
          workspaceId: request.workspaceId,
          before: { ours: level, others: [{ grantor: 'dba', level: { admin: true } }] },
          notedAt: tx.now,
          notedFor: grant.id,
        }),
      );
    const kept = await Promise.all([1, 2, 3, 4].map(keep));
    const standing = await store.reads(request.workspaceId).note('pg/1/2/3');
    expect(standing).not.toBeNull();
    expect(new Set(kept.map((note) => note.before.ours))).toEqual(new Set([standing?.before.ours]));
    expect(await keep(9)).toEqual(standing);
    await store.transaction(request.workspaceId, (tx) => tx.dropNotes(['pg/1/2/3']));
    expect(await store.reads(request.workspaceId).note('pg/1/2/3')).toBeNull();
  });

  it('keeps where a card is', async () => {
    const made = aSubmission({ workspaceId: aWorkspace() });
    const { id, workspaceId } = made.state;
    await store.transaction(workspaceId, (tx) => tx.save(changeOf(made)));
    expect(await store.reads(workspaceId).card(id, 'audit')).toBeNull();
    const cards = [
      { ref: null, shows: null, eventsTold: 0, lineBegun: 0, posted: 1 },
      { ref: { channelId: 'C1', ts: '1700000000.000100' }, shows: '1.0', eventsTold: 2, lineBegun: null, posted: 2 },
    ].flatMap((card) =>
      (['decision', 'audit'] as const).map((place) => ({ ...card, requestId: id, workspaceId, place })),
    );
    for (const card of cards) {
      await store.transaction(workspaceId, (tx) => tx.saveCard(card));
      expect(await store.reads(workspaceId).card(id, card.place)).toEqual(card);
    }
  });
});

describe('people and policies', () => {
  it('binds an email to the first user seen with it, in any case of letters', async () => {
    const workspaceId = aWorkspace();
    const ann = { workspaceId, ...aPersonRef('U0ANN'), email: 'Ann@Example.com' };
    expect(await store.people.bind(ann)).toBe('bound');
    expect(await store.people.bind({ ...ann, email: 'ann@example.com' })).toBe('bound');
    expect(await store.people.bind({ ...ann, slackUserId: dba.slackUserId })).toBe('conflict');
    expect(await store.people.bind({ ...ann, email: 'else@example.com' })).toBe('conflict');
    expect(await store.people.bind({ ...ann, workspaceId: aWorkspace(), email: 'else@example.com' })).toBe('bound');
  });

  it('lets one of many at once have a new email', async () => {
    const workspaceId = aWorkspace();
    const answers = await Promise.all(
      ['U1', 'U2', 'U3', 'U4'].map((id) =>
        store.people.bind({ workspaceId, ...aPersonRef(id), email: 'shared@example.com' }),
      ),
    );
    expect(answers.filter((answer) => answer === 'bound')).toHaveLength(1);
  });

  it('keeps every policy version once', async () => {
    const version = policyVersion('ab'.repeat(32));
    expect(await store.policies.canonical(version)).toBeNull();
    expect(await store.policies.keep({ version, canonical: '{"roles":1}', commit: null })).toBe('new');
    expect(await store.policies.keep({ version, canonical: '{"roles":1}', commit: 'abc' })).toBe('known');
    expect(await store.policies.canonical(version)).toBe('{"roles":1}');
  });
});
