import { randomBytes } from 'node:crypto';
import { grantId, requestId } from '../domain/ids.ts';
import type { Ids } from './ports.ts';

/** Letters and digits that are not taken for one another when somebody reads an id aloud (Crockford's base 32). */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const LENGTH = 16;

const random = (): string => [...randomBytes(LENGTH)].map((byte) => ALPHABET[byte % ALPHABET.length]).join('');

/** 80 random bits: ids are never guessed and never clash. */
export const randomIds: Ids = {
  request: () => requestId(`req_${random()}`),
  grant: () => grantId(`grt_${random()}`),
};
