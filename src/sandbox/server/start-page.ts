import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ZodError } from 'zod';
import type { Message } from '../workspace/messages.ts';
import type { Workspace } from '../workspace/workspace.ts';
import { createActs, isAct } from './acts.ts';
import { buildPage } from './build-page.ts';
import { readBundle } from './files.ts';
import { refuse, SECURITY_HEADERS } from './guard.ts';
import { createGuide } from './guide.ts';
import { createLive } from './live.ts';
import { createOrder } from './order.ts';
import { type PolicyText, policyPage, policyStyle } from './policy-page.ts';
import { ruleOnCard } from './rule-on-card.ts';
import type { CommandHint, MessageShortcut, RuleRef, ShownRefusal, Snapshot } from './snapshot.ts';
import { createScreen, memberships } from './take-snapshot.ts';
import { createTerminal, type TerminalOptions } from './terminal.ts';
import type { Tip } from './tips.ts';
import { createReading } from './unread.ts';
import { createWorld, type World } from './world.ts';

export interface PageOptions {
  readonly workspace: Workspace;
  /** 0 takes a free one. */
  readonly port: number;
  readonly terminal?: TerminalOptions;
  /** The policy's text, and where the rule stands in it. Called anew each time, so that an edit shows. */
  readonly policy?: (rule?: RuleRef) => Promise<PolicyText>;
  /** The guide's steps, in order: `storyTips` makes the usual five. */
  readonly tips?: readonly Tip[];
  /** Keys of the people that the page can be: the first is shown first. */
  readonly personas?: readonly string[];
  /** What the app is called in its conversation and on its messages: 'Elevate' unless set. */
  readonly appName?: string;
  readonly commands?: readonly CommandHint[];
  /** The app's message shortcuts: Elevate's own unless set. */
  readonly shortcuts?: readonly MessageShortcut[];
  /** Time and what can go wrong, where the page may meddle with it. */
  readonly world?: World;
  /** Which rule a message of the bot names; reads Elevate's cards unless set. */
  readonly ruleOf?: (message: Message) => RuleRef | null;
}

const usualPersonas = ['dev', 'dba', 'security', 'guest'];
const usualCommands: readonly CommandHint[] = [
  { line: '/elevate', about: 'Ask for access: opens a form' },
  { line: '/elevate status', about: 'What you hold and what waits for you' },
  { line: '/elevate done', about: 'Give back what you have' },
  { line: '/elevate extend 30m', about: 'Ask for more time' },
  { line: '/elevate why orders-db/admin', about: 'What the policy says, and why' },
  { line: '/elevate who orders-db/admin', about: 'Who has a role now' },
  { line: '/elevate break-glass orders-db/admin ', about: 'At once, and reviewed afterwards' },
  { line: '/elevate away until friday to @', about: 'Hand over your approvals' },
  { line: '/elevate back', about: 'You are not away any more' },
  { line: '/elevate revoke @', about: 'End somebody’s access at once' },
  { line: '/elevate help', about: 'All of it, with examples' },
];
const usualShortcuts: readonly MessageShortcut[] = [
  { name: 'Request access for this', callbackId: 'ask_about_message' },
];
const bodyLimitBytes = 100_000;
const keptDeeds = 500;
const shownRefusals = 50;

export interface Page {
  /** 'http://127.0.0.1:4000/'. */
  readonly url: string;
  stop(): Promise<void>;
}

/** The small Slack in the browser, on the loopback interface only. Bundles the page first where that is needed. */
export async function startPage(options: PageOptions): Promise<Page> {
  const { workspace } = options;
  const personas = options.personas ?? usualPersonas;
  for (const key of personas) workspace.user(key);
  const files = await readBundle(await buildPage());
  const order = createOrder(workspace);
  const reading = createReading();
  const appName = options.appName ?? 'Elevate';
  const screen = createScreen({
    workspace,
    appName,
    order,
    reading,
    memberships: await memberships(workspace),
    ruleOf: options.policy === undefined ? () => null : (options.ruleOf ?? ruleOnCard),
  });
  const live = createLive(snapshot);
  const terminal = options.terminal === undefined ? undefined : createTerminal(options.terminal, () => live.changed());
  const world = options.world === undefined ? undefined : createWorld(options.world);
  await world?.look();
  const guide = createGuide(options.tips ?? [], workspace, order, () => terminal?.runs() ?? []);
  const act = createActs({
    workspace,
    reading,
    world,
    noteDeed: (deed) => guide.note(deed, keptDeeds),
    onRead: () => live.changed(),
    runTerminal: async () => await terminal?.run(),
  });
  // The first look at the page shows what the guide speaks of: the query is denied.
  void terminal?.run();
  const stopListening = workspace.onChange(() => live.changed());

  function snapshot(as: string): Snapshot {
    return {
      as,
      appName,
      botUserId: workspace.install.botUserId,
      personas: personas.map(screen.badge),
      people: workspace.people().map(({ id, key, realName }) => ({ id, key, name: realName })),
      groups: workspace.groups().map(({ id, handle, name }) => ({ id, handle, name })),
      conversations: screen.conversations(as),
      modal: screen.modal(as),
      home: screen.home(as),
      terminal: terminal?.shown(workspace.user(terminal.persona).person.realName) ?? null,
      guide: guide.shown(),
      refusals: refusals(workspace),
      commands: options.commands ?? usualCommands,
      shortcuts: options.shortcuts ?? usualShortcuts,
      world: world?.shown() ?? null,
      hasPolicy: options.policy !== undefined,
    };
  }

  async function serveAct(name: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!isAct(name)) return send(response, 404, { error: `Nothing here is called '${name}'.` });
    try {
      send(response, 200, await act(name, await readJson(request)));
    } catch (error) {
      if (error instanceof ZodError) return send(response, 400, { error: error.issues[0]?.message ?? 'Malformed.' });
      send(response, 409, { error: error instanceof Error ? error.message : String(error) });
    }
    live.changed();
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const refusal = refuse(request, port());
    if (refusal !== undefined) return send(response, 403, { error: refusal });
    const url = new URL(request.url ?? '/', 'http://sandbox');
    const name = /^\/api\/(\w+)$/.exec(url.pathname)?.[1];
    if (request.method === 'POST') return await serveAct(name ?? '', request, response);
    if (name === 'live') {
      const as = url.searchParams.get('as') ?? '';
      live.watch(response, personas.includes(as) ? as : (personas[0] ?? ''));
      return;
    }
    if (url.pathname === '/policy' && options.policy !== undefined) {
      const rule = ruleAsked(url.searchParams);
      const policy = await options.policy(rule);
      return sendFile(response, 'text/html; charset=utf-8', policyPage(policy, rule?.name));
    }
    if (url.pathname === '/policy.css') return sendFile(response, 'text/css; charset=utf-8', policyStyle);
    const file = files.get(url.pathname);
    if (file === undefined) return send(response, 404, { error: 'There is nothing here.' });
    sendFile(response, file.type, file.body);
  }

  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else send(response, 500, { error: error instanceof Error ? error.message : String(error) });
    });
  });
  const port = (): number => {
    const address: AddressInfo | string | null = server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  };
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, '127.0.0.1', resolve);
  });

  return {
    url: `http://127.0.0.1:${port()}/`,
    async stop(): Promise<void> {
      stopListening();
      order.stop();
      live.stop();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

function ruleAsked(query: URLSearchParams): RuleRef | undefined {
  const name = query.get('rule');
  return name === null ? undefined : { name, role: query.get('role') ?? '' };
}

function refusals(workspace: Workspace): ShownRefusal[] {
  const numbered = workspace.violations.map((violation, index) => ({
    number: index + 1,
    method: violation.method,
    error: violation.slackError ?? null,
    message: violation.message,
    path: violation.path,
  }));
  return numbered.slice(-shownRefusals);
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request) {
    const piece = Buffer.from(part);
    size += piece.length;
    if (size > bodyLimitBytes) throw new Error(`That is more than ${bodyLimitBytes} bytes.`);
    parts.push(piece);
  }
  return JSON.parse(Buffer.concat(parts).toString('utf8')) as unknown;
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { ...SECURITY_HEADERS, 'content-type': 'application/json; charset=utf-8' });
  response.end(JSON.stringify(body));
}

function sendFile(response: ServerResponse, type: string, body: string | Buffer): void {
  response.writeHead(200, { ...SECURITY_HEADERS, 'content-type': type }).end(body);
}
