import type { IncomingMessage, ServerResponse } from 'node:http';

/** true, or in a sentence why it is not ready. A throw counts as not ready. */
export type Check = () => Promise<true | string>;

export interface HealthOptions {
  readonly checks: Readonly<Record<string, Check>>;
  /** Takes secrets out of what a check says. */
  readonly scrub: (text: string) => string;
  /** A check that takes longer is not ready. 3 s unless given, under the usual probe's limit of 5 s or more. */
  readonly limitMs?: number;
}

export interface HealthRoute {
  readonly path: string;
  readonly method: string[];
  readonly handler: (request: IncomingMessage, response: ServerResponse) => void;
}

export interface Readiness {
  readonly ready: boolean;
  /** By the checks' names: 'ok' or what is wrong. */
  readonly checks: Readonly<Record<string, string>>;
}

const LIMIT_MS = 3_000;

export interface Health {
  readiness(): Promise<Readiness>;
  /**
   * `GET /healthz`: the process runs and answers. `GET /readyz`: 200 when every check passes, otherwise 503 and what is wrong. In
   * the shape of Bolt's custom routes.
   */
  readonly routes: readonly HealthRoute[];
  /** Answers one of the routes on a plain server; false when the request asks for something else. */
  handle(request: IncomingMessage, response: ServerResponse): boolean;
}

export function createHealth({ checks, scrub, limitMs = LIMIT_MS }: HealthOptions): Health {
  let asking: Promise<Readiness> | null = null;

  const ask = async (): Promise<Readiness> => {
    const results = await Promise.all(
      Object.entries(checks).map(async ([name, check]) => [name, await outcome(check, limitMs)] as const),
    );
    const said = results.map(([name, result]) => [name, result === true ? 'ok' : scrub(result)] as const);
    return { ready: results.every(([, result]) => result === true), checks: Object.fromEntries(said) };
  };

  // Probes that come together share one look, so that nobody can load the database by asking for readiness.
  const readiness = (): Promise<Readiness> => {
    asking ??= ask().finally(() => {
      asking = null;
    });
    return asking;
  };

  const routes: readonly HealthRoute[] = [
    {
      path: '/healthz',
      method: ['GET', 'HEAD'],
      handler: (request, response) => answer(request, response, 200, { status: 'ok' }),
    },
    {
      path: '/readyz',
      method: ['GET', 'HEAD'],
      handler: (request, response) => {
        void readiness().then(({ ready, checks: said }) =>
          answer(request, response, ready ? 200 : 503, { status: ready ? 'ready' : 'not ready', checks: said }),
        );
      },
    },
  ];

  return {
    readiness,
    routes,
    handle(request, response) {
      const path = request.url?.split('?', 1)[0];
      const route = routes.find((candidate) => candidate.path === path);
      if (!route) return false;
      if (route.method.includes(request.method ?? '')) route.handler(request, response);
      else
        answer(
          request,
          response,
          405,
          { status: 'method not allowed', allowed: route.method },
          { allow: route.method.join(', ') },
        );
      return true;
    },
  };
}

async function outcome(check: Check, limitMs: number): Promise<true | string> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`No answer within ${limitMs} ms`), limitMs);
  });
  try {
    return await Promise.race([check(), late]);
  } catch (error) {
    return error instanceof Error ? error.message || error.name : String(error);
  } finally {
    clearTimeout(timer);
  }
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): void {
  const text = `${JSON.stringify(body)}\n`;
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
    ...headers,
  });
  response.end(request.method === 'HEAD' ? undefined : text);
}
