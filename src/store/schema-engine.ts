import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { PrismaPg } from '@prisma/adapter-pg';
import {
  bindMigrationAwareSqlAdapterFactory,
  ColumnTypeEnum,
  DriverAdapterError,
  type SqlDriverAdapter,
  type SqlMigrationAwareDriverAdapterFactory,
} from '@prisma/driver-adapter-utils';
import * as engineGlue from '@prisma/schema-engine-wasm/schema_engine_bg';
import pg from 'pg';
import { withClient } from './with-client.ts';

const { SchemaEngine } = engineGlue;
export type Engine = Awaited<ReturnType<typeof SchemaEngine.new>>;

let loading: Promise<void> | null = null;
/** What the engine said when it gave up, which its own error does not tell. */
let lastPanic: string | null = null;

/**
 * Prisma's schema engine as WebAssembly: the same that its command line downloads as a program, without the download. Its own
 * entry imports the .wasm file as a module, which Node 20 does not do without a flag, so it is instantiated here.
 */
function loadEngine(): Promise<void> {
  loading ??= (async () => {
    const glue = createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm/schema_engine_bg');
    const bytes = await readFile(path.join(path.dirname(glue), 'schema_engine_bg.wasm'));
    const { instance } = await WebAssembly.instantiate(new Uint8Array(bytes), { './schema_engine_bg.js': imports() });
    const bind: unknown = Reflect.get(engineGlue, '__wbg_set_wasm');
    if (typeof bind !== 'function')
      throw new Error('@prisma/schema-engine-wasm has changed: it no longer has __wbg_set_wasm');
    bind(instance.exports);
    const keepPanic = (message: string) => {
      lastPanic = message;
    };
    Object.assign(globalThis, { PRISMA_WASM_PANIC_REGISTRY: { set_message: keepPanic } });
    const start = instance.exports.__wbindgen_start;
    if (typeof start === 'function') start();
  })();
  return loading;
}

/** What the engine calls. Its timers are limits which it never takes back; they must not keep the process alive. */
function imports(): WebAssembly.ModuleImports {
  const own: WebAssembly.ModuleImports = { ...engineGlue };
  for (const name of Object.keys(own)) {
    if (name.startsWith('__wbg_setTimeout_')) {
      own[name] = (callback: () => void, delayMs: number) => setTimeout(callback, delayMs).unref();
    }
  }
  return own;
}

/** Runs `work` with an engine on one database, and frees it. `schema` is the text of schema.prisma, where it is needed. */
export async function withEngine<T>(
  url: string,
  schema: string | null,
  work: (engine: Engine) => Promise<T>,
): Promise<T> {
  await loadEngine();
  const adapters = new MigrationAdapters(url);
  const adapter = bindMigrationAwareSqlAdapterFactory(adapters);
  lastPanic = null;
  try {
    return await withAdapter(adapter, schema, work);
  } finally {
    // The engine leaves its connections open when it is freed.
    await adapters.closeAll();
  }
}

async function withAdapter<T>(
  adapter: object,
  schema: string | null,
  work: (engine: Engine) => Promise<T>,
): Promise<T> {
  const engine = await SchemaEngine.new(
    { datamodels: schema === null ? undefined : [['schema.prisma', schema]] },
    () => {},
    adapter,
  );
  try {
    return await work(engine);
  } catch (error) {
    if (lastPanic !== null) throw new Error(`Prisma's schema engine gave up: ${lastPanic}`, { cause: error });
    throw error;
  } finally {
    engine.free();
  }
}

/**
 * The adapter of @prisma/adapter-pg, with three things put right for migrations: it cuts a script at every semicolon, which tears
 * the body of a function apart (PostgreSQL takes the whole script in one message, as one transaction); it drops a shadow
 * database while it is still connected to it, which PostgreSQL refuses; and it does not read the catalog's type "char".
 */
class MigrationAdapters implements SqlMigrationAwareDriverAdapterFactory {
  readonly provider = 'postgres';
  readonly adapterName = '@prisma/adapter-pg';
  readonly #url: string;
  readonly #closers: (() => Promise<void>)[] = [];

  constructor(url: string) {
    this.#url = url;
  }

  async connect(): Promise<SqlDriverAdapter> {
    const adapter = await forMigrations({ connectionString: this.#url, max: 2 });
    return this.#closedOnce(adapter, () => Promise.resolve());
  }

  async connectToShadowDb(): Promise<SqlDriverAdapter> {
    const name = `elevate_shadow_${globalThis.crypto.randomUUID().replaceAll('-', '')}`;
    const url = new URL(this.#url);
    url.pathname = `/${name}`;
    await withClient(this.#url, (client) => client.query(`CREATE DATABASE ${name}`));
    const adapter = await forMigrations({ connectionString: url.href, max: 2 });
    return this.#closedOnce(adapter, async () => {
      await withClient(this.#url, (client) => client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`));
    });
  }

  /** Ends every connection that is still open, and drops the shadow databases. */
  async closeAll(): Promise<void> {
    for (const close of this.#closers) await close();
  }

  #closedOnce(adapter: SqlDriverAdapter, after: () => Promise<void>): SqlDriverAdapter {
    const disconnect = adapter.dispose.bind(adapter);
    let closing: Promise<void> | null = null;
    adapter.dispose = () => {
      closing ??= disconnect().then(after);
      return closing;
    };
    this.#closers.push(() => adapter.dispose());
    return adapter;
  }
}

async function forMigrations(config: pg.PoolConfig): Promise<SqlDriverAdapter> {
  const adapter = await new PrismaPg(config).connect();
  const pool = adapter.underlyingDriver();
  const ask = pool.query;
  const askRaw = adapter.queryRaw.bind(adapter);
  /** Which columns of a result were "char", by the result's rows, which the adapter hands through. */
  const characters = new WeakMap<object, readonly number[]>();
  Object.assign(pool, {
    query: async (...args: unknown[]) => {
      const result: pg.QueryArrayResult | pg.QueryArrayResult[] = await Reflect.apply(ask, pool, args);
      if (!Array.isArray(result)) characters.set(result.rows, hideCharacters(result.fields));
      return result;
    },
  });
  adapter.queryRaw = async (query) => {
    const result = await askRaw(query);
    for (const column of characters.get(result.rows) ?? []) result.columnTypes[column] = ColumnTypeEnum.Character;
    return result;
  };
  adapter.executeScript = async (script) => {
    await pool.query(script).catch((error: unknown) => {
      throw scriptError(error);
    });
  };
  return adapter;
}

/** The adapter refuses "char" (type 18), which the catalogs are full of. Makes it text, and returns where it was. */
function hideCharacters(fields: pg.FieldDef[]): number[] {
  const columns: number[] = [];
  for (const [column, field] of fields.entries()) {
    if (field.dataTypeID !== pg.types.builtins.CHAR) continue;
    field.dataTypeID = pg.types.builtins.TEXT;
    columns.push(column);
  }
  return columns;
}

/** In the form in which the engine takes errors, so that a migration that fails says why. */
function scriptError(error: unknown): unknown {
  if (!(error instanceof pg.DatabaseError)) return error;
  const { code = 'N/A', severity = 'N/A', message, detail, column, hint } = error;
  return new DriverAdapterError({ kind: 'postgres', code, severity, message, detail, column, hint });
}
