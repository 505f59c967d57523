import { Outage } from '../../usecases/ports.ts';
import { type Connection, connect, type Destination } from './connection.ts';

/** A few connections to one target, each used by one caller at a time. */
export interface Pool {
  /**
   * Runs `work` on a connection that nobody else uses meanwhile. Waits at most `queueMs` for one to be free. `askedAnyway`: the work
   * begins with a question of its own, so a connection that answered just now is not asked before whether it still does.
   */
  use<T>(work: (connection: Connection) => Promise<T>, askedAnyway?: boolean): Promise<T>;
  /** Waits for what is in hand, then closes every connection. */
  close(): Promise<void>;
}

/** What was used this little ago answered just now. */
const FRESH_MS = 50;
/** What a connection learnt at its start, who we are there and what we talk to, is asked again at least this often. */
const LIFE_MS = 30_000;

/** A connection that nobody uses now. */
interface Kept {
  readonly connection: Connection;
  readonly at: number;
  /** Closes it, unless it is used before. */
  readonly closing: NodeJS.Timeout;
}

export function openPool(to: Destination): Pool {
  const { limits } = to;
  const idle: Kept[] = [];
  const openedAt = new WeakMap<Connection, number>();
  const waiting: (() => void)[] = [];
  const inHand = new Set<Promise<unknown>>();
  let taken = 0;
  let closed = false;

  async function turn(): Promise<void> {
    if (taken < limits.connections) {
      taken += 1;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const proceed = () => {
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(() => {
        waiting.splice(waiting.indexOf(proceed), 1);
        reject(new Outage('transient', `All ${limits.connections} connections to ${to.name} are busy`));
      }, limits.queueMs);
      waiting.push(proceed);
    });
  }

  /** The turn goes straight to the next in line, so that nobody overtakes. */
  function passTurn(): void {
    const next = waiting.shift();
    if (next) next();
    else taken -= 1;
  }

  async function take(askedAnyway: boolean): Promise<Connection> {
    for (let kept = idle.pop(); kept; kept = idle.pop()) {
      const { connection, at, closing } = kept;
      clearTimeout(closing);
      const fresh = askedAnyway && performance.now() - at < FRESH_MS;
      if (connection.usable && (fresh || (await answers(connection)))) return connection;
      await connection.close();
    }
    const opened = await connect(to);
    openedAt.set(opened, performance.now());
    return opened;
  }

  function keep(connection: Connection): void {
    const old = performance.now() - (openedAt.get(connection) ?? 0) >= LIFE_MS;
    if (closed || old || !connection.usable) {
      void connection.close();
      return;
    }
    const closing = setTimeout(() => {
      idle.splice(idle.indexOf(kept), 1);
      void connection.close();
    }, limits.keepMs).unref();
    const kept: Kept = { connection, at: performance.now(), closing };
    idle.push(kept);
  }

  async function run<T>(work: (connection: Connection) => Promise<T>, askedAnyway: boolean): Promise<T> {
    await turn();
    try {
      const connection = await take(askedAnyway);
      try {
        return await work(connection);
      } finally {
        keep(connection);
      }
    } finally {
      passTurn();
    }
  }

  return {
    async use(work, askedAnyway = false) {
      if (closed) throw new Outage('transient', `The connector ${to.name} is closed`);
      const running = run(work, askedAnyway);
      inHand.add(running);
      try {
        return await running;
      } finally {
        inHand.delete(running);
      }
    },
    async close() {
      closed = true;
      await Promise.allSettled(inHand);
      await Promise.all(
        idle.splice(0).map(({ connection, closing }) => {
          clearTimeout(closing);
          return connection.close();
        }),
      );
    },
  };
}

/** A kept connection may have been cut by the server or by its own idle limit since. */
async function answers(connection: Connection): Promise<boolean> {
  if (!connection.usable) return false;
  try {
    await connection.query('answer', 'SELECT 1');
    return true;
  } catch {
    return false;
  }
}
