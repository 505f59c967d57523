import pg from 'pg';
import { Outage, type OutageKind } from '../../usecases/ports.ts';

/**
 * How far a statement got when its connection failed. `revocable`: nothing of it stays without a commit. `commit`: the commit
 * was sent, so it may have happened.
 */
export type Sent = 'revocable' | 'commit';

/**
 * SQLSTATE classes and codes for which trying again the same way is useless (PostgreSQL documentation, "PostgreSQL Error
 * Codes"). Whatever the server refused for another reason may pass later: it is transient.
 */
const PERMANENT = [
  '0A', // feature not supported
  '0L', // invalid grantor, invalid grant operation
  '22', // data exception
  '23', // integrity constraint violation
  '28', // invalid authorization
  '2B', // dependent privileges still exist
  '3D', // no such database
  '42', // syntax error, no such object, insufficient privilege
];
/** The server itself does not know whether the statement counted. */
const STATEMENT_COMPLETION_UNKNOWN = '40003';

/** A prepared statement that is not there, or is there already: somebody between us and the server changed the session behind our back. */
const OTHER_SESSION = ['26000', '42P05'];
export const MOVED_BY_POOLER =
  'is reached through a pooler that moves us between sessions. Point its URL at PostgreSQL itself, or at a pool in session mode.';

/** Codes of Node's TLS for a certificate that will not become right by waiting (Node.js documentation, "X509 certificate error codes"). */
const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_|ERR_TLS|ERR_SSL/;

const SOCKET_SENTENCES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was cut',
  EPIPE: 'the connection was cut',
  ENOTFOUND: 'its host name does not resolve',
  EAI_AGAIN: 'its host name does not resolve at the moment',
  ETIMEDOUT: 'it did not answer in time',
  EHOSTUNREACH: 'there is no route to it',
  ENETUNREACH: 'there is no route to it',
  ENOENT: 'its socket does not exist',
};

/**
 * The error as an Outage. Its message is `doing: what went wrong`; addresses, which may have come from a secret, stay out of it,
 * and so does the error itself as a cause.
 */
export function outageFrom(error: unknown, doing: string, sent: Sent): Outage {
  if (error instanceof Outage) return error;
  if (error instanceof pg.DatabaseError) {
    if (OTHER_SESSION.includes(error.code ?? '')) return new Outage('permanent', `${doing}: it ${MOVED_BY_POOLER}`);
    const detail = error.detail ? ` ${error.detail}` : '';
    return new Outage(
      kindOfAnswer(error, sent),
      `${doing}: ${error.message}.${detail} (SQLSTATE ${error.code ?? 'unknown'})`,
    );
  }
  const kind = sent === 'commit' ? 'unknown_outcome' : isLasting(error) ? 'permanent' : 'transient';
  return new Outage(kind, `${doing}: ${socketSentence(error)}`);
}

function kindOfAnswer(error: pg.DatabaseError, sent: Sent): OutageKind {
  const code = error.code ?? '';
  if (code === STATEMENT_COMPLETION_UNKNOWN) return 'unknown_outcome';
  // FATAL ends the session. Behind a commit it may mean 'shutting down' after the commit was already made.
  if (sent === 'commit' && (error.severity === 'FATAL' || error.severity === 'PANIC')) return 'unknown_outcome';
  return PERMANENT.some((start) => code.startsWith(start)) ? 'permanent' : 'transient';
}

function isLasting(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return (
    CERTIFICATE.test(codeOf(error)) || error.message.startsWith('SASL:') || error.message.includes('SSL connection')
  );
}

function socketSentence(error: unknown): string {
  if (!(error instanceof Error)) return 'the connection failed';
  const code = codeOf(error);
  const known = SOCKET_SENTENCES[code];
  if (known) return `${known} (${code})`;
  if (CERTIFICATE.test(code)) return `its certificate is not accepted (${code})`;
  if (error.message.startsWith('SASL:'))
    return 'it asks for a password in a form that cannot be given; does the URL have a password?';
  if (error.message.includes('SSL connection')) return 'it does not offer TLS, which the URL asks for';
  return code === '' ? 'the connection was cut' : `the connection failed (${code})`;
}

/** An AggregateError of several addresses tells the code of the first. */
function codeOf(error: Error): string {
  if ('code' in error && typeof error.code === 'string') return error.code;
  const first = error instanceof AggregateError ? error.errors[0] : undefined;
  return first instanceof Error ? codeOf(first) : '';
}
