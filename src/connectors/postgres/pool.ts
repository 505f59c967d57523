import { Outage } from '../../usecases/ports.ts';
import { type Connection, connect, type Destination } from './connection.ts';

/** A few connections to one target, each used by one caller at a time. */
export interface Pool {
  /** Runs `work` on a connection that nobody else uses meanwhile. Waits at most `queueMs` for one to be free. */
  use<T>(work: (connection: Connection) => Promise<T>): Promise<T>;
  /** Waits for what is in hand, then closes every connection. */
  close(): Promise<void>;
}

export function openPool(to: Destination): Pool {
  const { limits } = to;
  const idle: Connection[] = [];
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

  async function take(): Promise<Connection> {
    for (let kept = idle.pop(); kept; kept = idle.pop()) {
      if (await answers(kept)) return kept;
      await kept.close();
    }
    return connect(to);
  }

  function keep(connection: Connection): void {
    if (closed || !connection.usable) {
      void connection.close();
      return;
    }
    idle.push(connection);
    setTimeout(() => {
      const at = idle.indexOf(connection);
      if (at < 0) return;
      idle.splice(at, 1);
      void connection.close();
    }, limits.keepMs).unref();
  }

  async function run<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    await turn();
    try {
      const connection = await take();
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
    async use(work) {
      if (closed) throw new Outage('transient', `The connector ${to.name} is closed`);
      const running = run(work);
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
      await Promise.all(idle.splice(0).map((connection) => connection.close()));
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
