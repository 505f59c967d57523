import type { Directory, Ports } from './ports.ts';

/**
 * The same ports, with a directory that looks everybody and every group up once: a list of hundreds of requests asks for the same
 * few. For one answer to one person only, since what is remembered grows old.
 */
export function lookingUpOnce<Some extends Pick<Ports, 'directory'>>(ports: Some): Some {
  const { directory } = ports;
  const people = new Map<string, ReturnType<Directory['person']>>();
  const groups = new Map<string, ReturnType<Directory['group']>>();
  return {
    ...ports,
    directory: {
      ...directory,
      person: (workspace, user) => kept(people, user, () => directory.person(workspace, user)),
      group: (workspace, policy, name) =>
        kept(groups, `${policy.version}/${name}`, () => directory.group(workspace, policy, name)),
    },
  };
}

function kept<T>(known: Map<string, T>, key: string, ask: () => T): T {
  const before = known.get(key);
  if (before !== undefined) return before;
  const answer = ask();
  known.set(key, answer);
  return answer;
}
