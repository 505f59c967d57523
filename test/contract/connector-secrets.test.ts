import { describe, expect, it } from '@jest/globals';
import { connectionSchema, entitlementSchema } from '../../src/connectors/postgres/schema.ts';
import { openPostgres } from '../../src/connectors/postgres.ts';
import { connectorTypes, openConnectors } from '../../src/connectors/registry.ts';
import { referencesIn, secret, secretsIn } from '../../src/connectors/secrets.ts';
import { Outage } from '../../src/usecases/ports.ts';
import type { Leases } from '../../src/usecases/watch-ports.ts';

/** How a policy writes a reference. */
const ref = (name: string): string => `\${${name}}`;

const accepts = (url: string): boolean => connectionSchema.safeParse({ url }).success;

describe('what logs leave out', () => {
  it('is every value a policy refers to, wherever it does, with the password of a URL in both spellings', () => {
    const policy = JSON.stringify({ url: ref('DB_URL'), headers: { authorization: `Bearer ${ref('API_TOKEN')}` } });
    const env = { DB_URL: 'postgres://bot:p%40ss@db/orders', API_TOKEN: 'tok-123456', OTHER: 'not mentioned' };
    expect(secretsIn(policy, env)).toEqual([env.DB_URL, env.API_TOKEN, 'p%40ss', 'p@ss']);
  });

  it('survives a password that is no percent-encoding', () => {
    expect(secretsIn(ref('DB_URL'), { DB_URL: 'postgres://bot:50%off@db/orders' })).toContain('50%off');
  });

  it('has nothing to hide where a reference is not set', () => {
    expect(secretsIn(ref('DB_URL'), {})).toEqual([]);
  });
});

describe('references to secrets', () => {
  it('are found by name', () => {
    expect(referencesIn(`postgres://bot:${ref('A')}@host/${ref('B')}?x=${ref('A')}`)).toEqual(['A', 'B']);
  });

  it.each([{}, { ORDERS_DB_URL: '' }])('that are not set are named', (env) => {
    expect(() => secret('ORDERS_DB_URL', 'orders-pg', env)).toThrow(Outage);
    expect(() => secret('ORDERS_DB_URL', 'orders-pg', env)).toThrow(/ORDERS_DB_URL.*orders-pg/);
  });
});

describe('the connection of postgres in a policy', () => {
  it.each([
    ref('ORDERS_DB_URL'),
    `postgres://bot:${ref('PW')}@db:5432/elevate`,
    'postgresql://bot@db/elevate?sslmode=verify-full',
  ])('may be %s', (url) => expect(accepts(url)).toBe(true));

  it.each([
    'postgres://bot:hunter2@db/elevate',
    `postgres://bot:${ref('PW')}x@db/elevate`,
    'postgres://bot@db/elevate?password=hunter2',
    `mysql://bot:${ref('PW')}@db/elevate`,
    ref('ORDERS DB'),
    'db:5432',
    '',
  ])('may not be %s', (url) => expect(accepts(url)).toBe(false));

  it('has nothing but a url', () => {
    expect(connectionSchema.safeParse({ url: ref('A'), password: 'x' }).success).toBe(false);
  });

  it.each([
    '',
    'not a url',
    'https://bot:hunter2@db/',
    'postgres://db/elevate',
    'postgres://bot:hunter2@db:99999999/elevate',
  ])('that resolves to "%s" names the variable and tells nothing of its value', (value) => {
    const opening = () => openPostgres('orders-pg', { url: ref('ORDERS_DB_URL') }, { env: { ORDERS_DB_URL: value } });
    expect(opening).toThrow(/ORDERS_DB_URL/);
    expect(opening).not.toThrow(/hunter2/);
  });
});

describe('the entitlement of postgres in a policy', () => {
  it('inherits and may be set unless it says otherwise', () => {
    expect(entitlementSchema.parse({ role: 'orders_admin' })).toEqual({
      role: 'orders_admin',
      inherit: true,
      set: true,
    });
  });

  it.each([
    {},
    { role: '' },
    { role: 'ü'.repeat(32) },
    { role: 'a\0b' },
    { role: 'a', admin: true },
    { role: 'a', inherit: false, set: false },
  ])('may not be %j', (entitlement) => expect(entitlementSchema.safeParse(entitlement).success).toBe(false));
});

/** PostgreSQL has locks of its own. */
const no = async (): Promise<never> => {
  throw new Error('No lease is needed here');
};
const noLeases: Leases = { take: no, beginCall: no, settleCall: no, release: no };

describe('the registry of connectors', () => {
  it('knows postgres', () => {
    expect([...connectorTypes.keys()]).toEqual(['postgres']);
  });

  it('gives the same connector for the same connection, and closes it', async () => {
    const open = openConnectors({ leases: noLeases });
    const connection = { url: 'postgres://bot@127.0.0.1:1/elevate' };
    const connector = open.get('orders-pg', 'postgres', connection);
    expect(open.get('orders-pg', 'postgres', { ...connection })).toBe(connector);
    expect(open.get('orders-pg', 'postgres', { url: 'postgres://bot@127.0.0.1:2/elevate' })).not.toBe(connector);
    await open.close();
    await expect(connector.identify()).rejects.toBeInstanceOf(Outage);
  });

  it('says which types there are when asked for another', () => {
    expect(() => openConnectors({ leases: noLeases }).get('x', 'oracle', {})).toThrow(/oracle.*postgres/);
  });
});
