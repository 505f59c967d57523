import { Conflict, Outage } from '../usecases/ports.ts';
import { codeOf, messageOf } from './system-error.ts';

/** A stored row that is not what the domain can read. It stays where it is; whoever asked for it is told which and what. */
export class BadRow extends Error {
  readonly table: string;
  readonly id: string;
  readonly field: string;

  constructor(table: string, id: string, field: string, problem: string) {
    super(
      `The row ${id} of ${table} cannot be read: ${field}: ${problem}. Correct it in the database, or ask for help with this message.`,
    );
    this.name = 'BadRow';
    this.table = table;
    this.id = id;
    this.field = field;
  }
}

/** PostgreSQL's states after which the same transaction may work: serialization_failure, deadlock_detected ("PostgreSQL Error Codes"). */
const RUN_AGAIN: ReadonlySet<string> = new Set(['40001', '40P01']);
/**
 * PostgreSQL's states that mean the database, not the statement: connection exceptions, a refused password, no such database, out
 * of resources, interventions of the operator, system errors, and a lock or an idle transaction that took too long.
 */
const FAILED_STATE = /^(08|28|53|57|58)...$|^(3D000|55P03|25P03)$/;
/** The same in the codes of Prisma's models ("Error message reference") and of the system. */
const FAILED_CODE =
  /^(P10\d\d|P2024|P2037|ECONNREFUSED|ECONNRESET|ECONNABORTED|ENOTFOUND|ETIMEDOUT|EPIPE|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ENOENT|EACCES)$/;
/** How node-postgres says it in errors without a code. */
const FAILED_WORDS =
  /^(Client has encountered a connection error|Connection terminated|timeout exceeded when trying to connect|Query read timeout)/;

/** Whether running the transaction again may help. */
export const mayRunAgain = (error: unknown): boolean => error instanceof Conflict || RUN_AGAIN.has(codeOf(error) ?? '');

/** What a statement threw: an outage where the database failed us, and as it is otherwise. */
export function asStoreError(error: unknown, committing = false): unknown {
  const code = codeOf(error) ?? '';
  const message = messageOf(error).split('\n').at(-1) ?? '';
  if (!FAILED_STATE.test(code) && !FAILED_CODE.test(code) && !FAILED_WORDS.test(message)) return error;
  return committing
    ? new Outage('unknown_outcome', `The database was lost while it committed: ${message || code}`, { cause: error })
    : new Outage('transient', `The database does not answer: ${message || code}`, { cause: error });
}

/** For calls of Prisma's models: passes an error on as what it means. */
export const throwStoreError = (error: unknown): never => {
  throw asStoreError(error);
};
