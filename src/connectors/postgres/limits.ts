/**
 * How long anything on a target may take. The server enforces the first four (PostgreSQL documentation, "Client Connection
 * Defaults"), so a process that was paused or cut off loses its lock whether it knows or not.
 */
export interface Limits {
  /** `statement_timeout`: longer than `lockMs`, so that waiting for a lock ends with its own error. */
  readonly statementMs: number;
  /** `lock_timeout`: longer than `idleMs`, so that who waits for a dead holder's lock gets it in the same try. */
  readonly lockMs: number;
  /** `idle_session_timeout` and `idle_in_transaction_session_timeout`: how long our own database may take to commit in between. */
  readonly idleMs: number;
  /** `client_connection_check_interval`: how soon a running statement notices that nobody waits for it. */
  readonly clientCheckMs: number;
  /** Until a connection is up and authenticated. */
  readonly connectMs: number;
  /** Until an answer that never comes is given up; longer than `statementMs`. */
  readonly answerMs: number;
  /** Until ended sessions must be gone from pg_stat_activity. */
  readonly sessionsMs: number;
  /** How long one caller waits for a free connection. */
  readonly queueMs: number;
  /** How long an unused connection is kept; shorter than `idleMs`. */
  readonly keepMs: number;
  /** Connections to one target at a time. */
  readonly connections: number;
}

export const LIMITS: Limits = {
  statementMs: 10_000,
  lockMs: 8_000,
  idleMs: 5_000,
  clientCheckMs: 1_000,
  connectMs: 5_000,
  answerMs: 15_000,
  sessionsMs: 5_000,
  queueMs: 15_000,
  keepMs: 2_000,
  connections: 8,
};

/** NAMEDATALEN - 1, in bytes (PostgreSQL documentation, "Identifiers and Key Words"). */
export const MAX_NAME_BYTES = 63;

/** The first version whose memberships carry a grantor's own row and the INHERIT and SET options. */
export const OLDEST_VERSION = 160_000;

/** Holders of one page: a role with a hundred thousand members is never in memory as a whole. */
export const HOLDERS_PAGE = 2_000;
