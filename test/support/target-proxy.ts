import { createServer, type Server, Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

/** What happens to a message of the client that matches. */
export type Fault =
  /** It never arrives, and the connection breaks. */
  | 'lost'
  /** It arrives and is answered, but the answer is lost with the connection. */
  | 'answer_lost'
  /** It gets stuck on its way until `release`, with all that comes behind it, even when the client has gone. */
  | 'stuck';

/** What a PostgreSQL connection that is used again says in between (src/connectors/postgres/lock.ts). */
const UNLOCKS = 'pg_advisory_unlock';

/**
 * What a client's messages say, with the text of each prepared statement that they run: the text itself is sent only the first time
 * (PostgreSQL documentation, "Message Formats", Parse and Bind).
 */
function createInterpreter(): (chunk: Buffer) => string {
  const texts = new Map<string, string>();
  return (chunk) => {
    const said = chunk.toString('latin1');
    for (const [, name = '', text = ''] of said.matchAll(/P\0[\s\S]{3}(elevate_\d+)\0([^\0]+)\0/g))
      texts.set(name, text);
    const run = [...said.matchAll(/B\0[\s\S]{3}\0(elevate_\d+)\0/g)].map(([, name = '']) => texts.get(name) ?? '');
    return [said, ...run].join('\n');
  };
}

/** A TCP proxy in front of a target, which breaks what it is told to. */
export interface TargetProxy {
  readonly port: number;
  /** The next connections go to another port of this machine. */
  pointTo(port: number): void;
  /** `refuse`: new connections are cut at once. `silent`: they are taken and nothing ever answers. */
  meet(newConnections: 'pass' | 'refuse' | 'silent'): void;
  /** Holds every message of the client back by so many milliseconds. */
  delay(milliseconds: number): void;
  /** From now on every message of the client that matches gets lost, with its connection; null: none does. */
  loseAll(matching: RegExp | null): void;
  /**
   * Does it to the next message that contains the text or matches it, once. `after`: only behind one with that text on the same connection, with no
   * lock freed in between.
   */
  failNext(text: string | RegExp, fault: Fault, after?: string): void;
  /** Takes back a `failNext` that did not come. */
  forget(): void;
  /** Resolves when that message came. */
  failed(): Promise<void>;
  /** Lets what is stuck go on to the target. */
  release(): void;
  /** From now on nothing passes through the connections that stand, in neither direction, and nobody is told: a network that forgot them. */
  freeze(): void;
  /** How many connections have come so far. */
  came(): number;
  /** Breaks every connection, as the death of the client does. */
  cut(): void;
  close(): Promise<void>;
}

const contains = (said: string, text: string | RegExp): boolean =>
  typeof text === 'string' ? said.includes(text) : text.test(said);

/** The same address at another port of this machine. */
export const atPort = (url: string, port: number): string => Object.assign(new URL(url), { port: String(port) }).href;

/** A proxy in front of the server of an address, and the address by way of it. */
export async function startProxyOf(url: string): Promise<{ readonly proxy: TargetProxy; readonly url: string }> {
  const proxy = await startTargetProxy(Number(new URL(url).port));
  return { proxy, url: atPort(url, proxy.port) };
}

export async function startTargetProxy(upstream: number): Promise<TargetProxy> {
  const sockets = new Set<Socket>();
  const stuck: (() => void)[] = [];
  let target = upstream;
  let count = 0;
  let freezes = new AbortController();
  let meeting: 'pass' | 'refuse' | 'silent' = 'pass';
  let delayMs = 0;
  let losing: RegExp | null = null;
  let armed: { text: string | RegExp; fault: Fault; after: string | undefined; came: () => void } | null = null;
  let failed: Promise<void> = Promise.resolve();

  function track(socket: Socket): Socket {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
    return socket;
  }

  const server: Server = createServer((client) => {
    track(client);
    count += 1;
    const { signal: frozen } = freezes;
    if (meeting === 'refuse') return void client.destroy();
    if (meeting === 'silent') return;
    const onward = track(new Socket());
    onward.connect(target, '127.0.0.1');
    let held = false;
    let losesAnswers = false;
    let inOrder: Promise<unknown> = Promise.resolve();
    /** The message that `after` asks for came on this connection. */
    let behind: string | null = null;
    const interpret = createInterpreter();
    client.on('data', (chunk) => {
      if (frozen.aborted) return;
      const said = interpret(chunk);
      if (armed?.after !== undefined && said.includes(armed.after)) behind = armed.after;
      const here = armed !== null && (armed.after === undefined || armed.after === behind);
      const fault = armed && here && contains(said, armed.text) ? armed.fault : null;
      if (said.includes(UNLOCKS)) behind = null;
      if (fault) {
        armed?.came();
        armed = null;
      }
      if (fault === 'lost' || losing?.test(said)) {
        client.destroy();
        onward.destroy();
        return;
      }
      if (fault === 'answer_lost') losesAnswers = true;
      if (fault === 'stuck') held = true;
      if (held) {
        return void stuck.push(() => {
          held = false;
          onward.write(chunk);
        });
      }
      if (delayMs === 0) return void inOrder.then(() => onward.write(chunk));
      const after = wait(delayMs);
      inOrder = inOrder.then(() => after).then(() => onward.write(chunk));
    });
    onward.on('data', (chunk) => {
      if (frozen.aborted) return;
      if (!losesAnswers) return void client.write(chunk);
      client.destroy();
      // Not cut: what came with it and was not read yet is still carried out.
      onward.end();
    });
    // What is stuck on its way, or was sent and not answered, does not notice that its sender has gone.
    client.on('close', () => {
      if (!held && !losesAnswers) onward.destroy();
    });
    onward.on('close', () => {
      if (!frozen.aborted) client.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The proxy got no port');

  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: address.port,
    pointTo: (port) => {
      target = port;
    },
    meet: (newConnections) => {
      meeting = newConnections;
    },
    delay: (milliseconds) => {
      delayMs = milliseconds;
    },
    loseAll: (matching) => {
      losing = matching;
    },
    failNext(text, fault, after) {
      failed = new Promise((came) => {
        armed = { text, fault, after, came };
      });
    },
    forget() {
      armed = null;
    },
    failed: () => failed,
    release() {
      for (const go of stuck.splice(0)) go();
    },
    freeze() {
      freezes.abort();
      freezes = new AbortController();
    },
    came: () => count,
    cut,
    async close() {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
