import type { WorkspaceSeed } from '../../src/sandbox/workspace/seed.ts';

/** How many people ask at the same time. */
const REQUESTERS = 50;

export interface Requester {
  /** The key of the seed. */
  readonly key: string;
  readonly email: string;
  /** Their own login on the target, as the policy makes it of the address. */
  readonly login: string;
}

export const requesters: readonly Requester[] = Array.from({ length: REQUESTERS }, (_, index) => {
  const login = `r${String(index + 1).padStart(2, '0')}`;
  return { key: login, email: `${login}@example.com`, login };
});

/** A workspace in which all of them are developers, who may read without asking. */
export const seed: WorkspaceSeed = {
  people: requesters.map(({ key, email }) => ({ key, email, realName: `Requester ${key}` })),
  channels: [{ name: 'access', members: 'everyone', hasBot: true }],
  groups: [{ handle: 'developers', name: 'Developers', members: requesters.map(({ key }) => key) }],
};
