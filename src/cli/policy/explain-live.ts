import type { Facts, Known } from '../../domain/policy/facts.ts';
import type { Policy, Role } from '../../domain/policy/types.ts';
import { groupFacts, lookUpGroups } from '../../usecases/electorate.ts';
import { lookUpFacts } from '../../usecases/look-up-facts.ts';
import { CliProblem, type Io } from '../io.ts';
import { openSlackDirectory } from './slack-directory.ts';

export interface LiveFacts {
  readonly id: string;
  readonly name: string;
  readonly timezone: string;
  readonly manager: Known<string | null> | null;
  readonly groups: { readonly [group: string]: Known<boolean> };
  readonly provided: Facts['provided'];
}

/** What Slack, the rotas and the fact providers say about somebody now. Throws `CliProblem`. */
export async function lookUpLive(
  policy: Policy,
  role: Role,
  email: string,
  ticket: string | null,
  io: Io,
): Promise<LiveFacts> {
  const { team, directory, people } = await openSlackDirectory(policy, io);
  const found = await people.byEmail(team, email);
  const person = found && (await directory.person(team, found.slackUserId));
  if (!person) throw new CliProblem(`Slack knows nobody with the address ${email}.`);
  const [groups, provided] = await Promise.all([
    lookUpGroups({ directory }, team, policy, policy.groups.keys()),
    lookUpFacts({ directory }, policy, role, person, ticket),
  ]);
  return {
    id: person.slackUserId,
    name: person.name,
    timezone: person.timezone,
    manager: person.manager ?? null,
    groups: groupFacts(person.slackUserId, groups),
    provided,
  };
}
