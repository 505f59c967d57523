import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { object, text } from '../../../src/sandbox/workspace/json.ts';

/**
 * Groups behind an HTTP API as many products have them: no locks, no grantors, no transactions, and a call that was received is carried
 * out however long it takes, whether or not its sender still waits.
 */
export interface GroupApi {
  readonly url: string;
  readonly token: string;
  state: GroupState;
  meet(requests: 'pass' | 'refuse' | 'silent'): void;
  delay(milliseconds: number): void;
  /** The next change of a membership meets this. */
  failNext(fault: 'lost' | 'answer_lost' | 'stuck'): void;
  /** Resolves when it came. */
  failed(): Promise<void>;
  release(): void;
  /** Answers every change with this status; null: carries them out. */
  refuseChanges(status: 403 | 503 | null, only?: 'PUT'): void;
  /** Answers changes with yes and carries nothing out, as real products do at times. */
  pretend(does: boolean): void;
  /** When the next list of members is about to be answered with what it was, this happens first. */
  afterNextListing(then: () => unknown): void;
  cut(): void;
  /** Calls that are under way. */
  busy(): number;
  /** Changes that were carried out, in order: `PUT group/user level`. */
  readonly done: string[];
  /** `group/user` to when the last PUT said that the membership is over by itself. */
  readonly expiries: Map<string, string>;
  /** Ends by itself what is over at this moment. */
  lapse(at: Date): void;
  close(): Promise<void>;
}

export interface GroupState {
  readonly identity: string;
  /** Id to name. */
  readonly users: Map<string, string>;
  /** Id to name. */
  readonly groups: Map<string, string>;
  /** `group/user` to level. */
  readonly members: Map<string, 'member' | 'maintainer'>;
}

export const emptyState = (): GroupState => ({
  identity: randomUUID(),
  users: new Map(),
  groups: new Map(),
  members: new Map(),
});

type Answer = readonly [status: number, body: unknown];

export async function startGroupApi(): Promise<GroupApi> {
  const sockets = new Set<Socket>();
  const stuck: (() => void)[] = [];
  const done: string[] = [];
  const expiries = new Map<string, string>();
  const token = `secret-${randomUUID()}`;
  let meeting: 'pass' | 'refuse' | 'silent' = 'pass';
  let delayMs = 0;
  let refusal: { status: 403 | 503; only?: 'PUT' } | null = null;
  let armed: { fault: 'lost' | 'answer_lost' | 'stuck'; came: () => void } | null = null;
  let failed: Promise<void> = Promise.resolve();
  let busy = 0;
  let pretends = false;
  let listed: (() => unknown) | null = null;

  async function change(request: IncomingMessage, path: readonly string[]): Promise<Answer | 'cut'> {
    const fault = armed?.fault ?? null;
    armed?.came();
    armed = null;
    const body = request.method === 'PUT' ? await read(request) : null;
    if (fault === 'lost') return 'cut';
    if (fault === 'stuck') await new Promise<void>((resolve) => stuck.push(resolve));
    if (refusal && (!refusal.only || refusal.only === request.method)) return [refusal.status, { error: 'refused' }];
    const answer = carryOut(request.method ?? '', path, body);
    return fault === 'answer_lost' ? 'cut' : answer;
  }

  function carryOut(method: string, [, group = '', , user = '']: readonly string[], body: unknown): Answer {
    const key = `${group}/${user}`;
    if (pretends) return [200, { level: 'as you wish' }];
    if (!api.state.groups.has(group)) return [404, { error: 'no such group' }];
    if (method === 'DELETE') {
      done.push(`DELETE ${key}`);
      return api.state.members.delete(key) ? [200, { removed: true }] : [404, { error: 'no such member' }];
    }
    if (!api.state.users.has(user)) return [404, { error: 'no such user' }];
    const level = JSON.stringify(body).includes('maintainer') ? 'maintainer' : 'member';
    done.push(`PUT ${key} ${level}`);
    api.state.members.set(key, level);
    const expiresAt = text(object(body).expires_at);
    if (expiresAt === '') expiries.delete(key);
    else expiries.set(key, expiresAt);
    return [200, { level }];
  }

  function look(url: URL, [what, group, , user]: readonly string[]): Answer {
    const { identity, users, groups, members } = api.state;
    const named = (all: Map<string, string>) =>
      [...all].filter(([, name]) => name === url.searchParams.get('name')).map(([id]) => ({ id }));
    if (what === 'identity') return [200, { id: identity }];
    if (what === 'users') return [200, named(users)];
    if (what === 'groups' && group === undefined) return [200, named(groups)];
    if (user !== undefined) return [200, { level: members.get(`${group}/${user}`) ?? null }];
    const after = url.searchParams.get('after') ?? '';
    const all = [...members]
      .filter(([key]) => key.startsWith(`${group}/`))
      .map(([key, level]) => ({ id: key.slice(`${group}/`.length), level }));
    const page = all
      .filter(({ id }) => id > after)
      .sort((a, b) => (a.id < b.id ? -1 : 1))
      .slice(0, PAGE);
    return [200, page.map(({ id, level }) => ({ id, level, name: users.get(id) ?? id }))];
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (delayMs > 0) await wait(delayMs);
    const url = new URL(request.url ?? '/', 'http://api');
    const path = url.pathname.split('/').slice(1).map(decodeURIComponent);
    if (request.headers.authorization !== `Bearer ${token}`) return send(response, [401, { error: 'who are you?' }]);
    const isChange = request.method === 'PUT' || request.method === 'DELETE';
    const answer = isChange ? await change(request, path) : look(url, path);
    if (!isChange && path.length === 3 && path[2] === 'members') {
      const then = listed;
      listed = null;
      await then?.();
    }
    if (answer === 'cut') request.socket.destroy();
    else send(response, answer);
  }

  const server = createServer((request, response) => {
    if (meeting === 'refuse') return void request.socket.destroy();
    if (meeting === 'silent') return;
    busy += 1;
    void handle(request, response).finally(() => {
      busy -= 1;
    });
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
    if (meeting === 'refuse') socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  const api: GroupApi = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    token,
    state: emptyState(),
    done,
    expiries,
    lapse: (at) => {
      for (const [key, until] of expiries) if (new Date(until) <= at) api.state.members.delete(key);
    },
    meet: (requests) => {
      meeting = requests;
    },
    delay: (milliseconds) => {
      delayMs = milliseconds;
    },
    failNext: (fault) => {
      failed = new Promise((came) => {
        armed = { fault, came };
      });
    },
    failed: () => failed,
    release: () => {
      for (const go of stuck.splice(0)) go();
    },
    refuseChanges: (status, only) => {
      refusal = status === null ? null : { status, ...(only ? { only } : {}) };
    },
    pretend: (does) => {
      pretends = does;
    },
    afterNextListing: (then) => {
      listed = then;
    },
    cut: () => {
      for (const socket of sockets) socket.destroy();
    },
    busy: () => busy,
    close: async () => {
      api.release();
      api.cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return api;
}

/** Members of one page. */
const PAGE = 3;

function send(response: ServerResponse, [status, body]: Answer): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

async function read(request: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return JSON.parse(text);
}
