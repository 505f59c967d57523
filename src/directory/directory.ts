import type { SlackUserId, WorkspaceId } from '../domain/ids.ts';
import { slackUserId } from '../domain/ids.ts';
import type { Person } from '../domain/person.ts';
import type { Group, ManagerSource, Policy } from '../domain/policy/types.ts';
import { type Directory, type GroupMembers, Outage, type People } from '../usecases/ports.ts';
import { createFactProviders } from './fact-providers.ts';
import type { Environment } from './fetch-json.ts';
import { createOnCall } from './on-call.ts';
import { unavailable } from './unavailable.ts';

/** What the directory asks Slack for. Slack's adapter has it; neither knows the other. */
export interface SlackPeople {
  /** null: Slack does not know the user. Throws `Outage`. */
  person(workspace: WorkspaceId, user: SlackUserId): Promise<Person | null>;
  /** Several people at once, for as little traffic as that can be had; those that Slack does not know are missing. Throws `Outage`. */
  persons(workspace: WorkspaceId, users: readonly SlackUserId[]): Promise<ReadonlyMap<SlackUserId, Person>>;
  /** Whoever has this address now; null: nobody. Throws `Outage`. */
  byEmail(workspace: WorkspaceId, email: string): Promise<Person | null>;
  /** Everybody in a user group, by its handle without @ or its id. Throws `Outage`, with what to do when the group cannot be read. */
  userGroup(workspace: WorkspaceId, handleOrId: string): Promise<readonly SlackUserId[]>;
  /** What somebody's profile says in a custom field, by the field's id; null: nothing. Throws `Outage`. */
  profileField(workspace: WorkspaceId, user: SlackUserId, field: string): Promise<string | null>;
}

interface Parts {
  readonly slackPeople: SlackPeople;
  readonly bind: People['bind'];
  /** Where managers are read, by the policy in force. */
  readonly managers: () => ManagerSource | null;
  readonly environment: Environment;
  /** Real time in milliseconds, for what is remembered. */
  readonly now: () => number;
}

/** A manager's entry in a Slack profile is a user id, where the field is of type "people", or an address. */
const SLACK_USER = /^[UW][A-Z0-9]{2,}$/;

/**
 * Who somebody is and who is in a group, now. Guests, bots, deactivated accounts and people of other workspaces are never
 * members, whatever a group's list says.
 */
export function createDirectory({ slackPeople, bind, managers, environment, now }: Parts): Directory {
  const onCall = createOnCall(environment, now);
  const askProviders = createFactProviders(environment, now);

  async function members(workspace: WorkspaceId, policy: Policy, group: Group): Promise<ReadonlySet<SlackUserId>> {
    switch (group.kind) {
      case 'slack_usergroup': {
        const users = await slackPeople.userGroup(workspace, group.handle);
        const people = await slackPeople.persons(workspace, users);
        return new Set(users.filter((user) => people.get(user)?.standing === 'member'));
      }
      case 'members':
        return holdersOf(workspace, group.emails);
      case 'on_call': {
        const provider = policy.onCallProviders.get(group.provider);
        if (!provider) throw new Outage('permanent', `the policy has no on-call provider "${group.provider}"`);
        return holdersOf(workspace, await onCall(provider, group.schedule));
      }
    }
  }

  async function holdersOf(workspace: WorkspaceId, emails: readonly string[]): Promise<ReadonlySet<SlackUserId>> {
    const found = await Promise.all(emails.map((email) => holderOf(workspace, email)));
    return new Set(found.filter((user) => user !== null));
  }

  /**
   * Who holds an address of the policy. The first Slack account seen with it keeps it: another account that turns up with the
   * address later has no authority by it (POLICY.md 17).
   */
  async function holderOf(workspace: WorkspaceId, email: string): Promise<SlackUserId | null> {
    const person = await slackPeople.byEmail(workspace, email);
    if (person?.standing !== 'member') return null;
    return (await bind(person)) === 'bound' ? person.slackUserId : null;
  }

  async function managerOf(source: ManagerSource, person: Person): Promise<Pick<Person, 'managerId' | 'manager'>> {
    const entry =
      source.kind === 'map'
        ? (source.managers.get(person.email) ?? null)
        : await slackPeople.profileField(person.workspaceId, person.slackUserId, source.field);
    if (entry === null) return { managerId: null, manager: null };
    const found = SLACK_USER.test(entry) ? await memberOf(person.workspaceId, slackUserId(entry)) : null;
    const email = found?.email ?? (SLACK_USER.test(entry) ? null : entry.toLowerCase());
    const managerId = found?.slackUserId ?? (email === null ? null : await holderOf(person.workspaceId, email));
    // Nobody is their own manager, whatever a directory says: it would let people decide about themselves.
    return managerId === person.slackUserId ? { managerId: null, manager: null } : { managerId, manager: email };
  }

  async function memberOf(workspace: WorkspaceId, user: SlackUserId): Promise<Person | null> {
    const person = await slackPeople.person(workspace, user);
    return person?.standing === 'member' ? person : null;
  }

  return {
    async person(workspace, user) {
      const person = await slackPeople.person(workspace, user);
      const source = managers();
      if (!source || person?.standing !== 'member') return person;
      try {
        return { ...person, ...(await managerOf(source, person)) };
      } catch (error) {
        return { ...person, managerId: null, manager: unavailable(error) };
      }
    },

    async group(workspace, policy: Policy, name): Promise<GroupMembers> {
      const group = policy.groups.get(name);
      if (!group) return { unavailable: `the policy has no group "${name}"`, lasting: true };
      try {
        return { members: await members(workspace, policy, group) };
      } catch (error) {
        return unavailable(error);
      }
    },

    facts: askProviders,
  };
}
