import { type Json, object, objects, text } from './json.ts';
import type { GroupSeed, PersonSeed } from './seed.ts';

/** Somebody of the workspace, as users.info knows them. */
export interface Person extends PersonSeed {
  readonly id: string;
  readonly teamId: string;
}

export interface UserGroup {
  readonly id: string;
  readonly handle: string;
  readonly name: string;
  readonly userIds: readonly string[];
  /** Epoch seconds; 0 while the group is in use. */
  readonly disabledAtSeconds: number;
}

/** What may be changed about somebody while the workspace runs. */
export type PersonChange = Partial<Omit<PersonSeed, 'key'>>;

/** The id of the custom profile field "Manager" (Slack's page "users.profile.get", fields). */
const managerFieldId = 'Xf0MANAGER';

/** Of everybody whose seed names none. */
export const DEFAULT_ZONE = 'Europe/Berlin';

export type People = ReturnType<typeof createPeople>;

/**
 * What emulate doesn't know about people: guests, strangers, deactivation, zones and managers (Slack's pages "users.info"
 * and "User object"). Its answers pass through `enrich` on their way to the bot.
 */
export function createPeople(seeds: readonly PersonSeed[], ids: ReadonlyMap<string, string>, teamId: string) {
  const byKey = new Map<string, Person>();
  for (const seed of seeds) {
    byKey.set(seed.key, { ...seed, id: ids.get(seed.key) ?? '', teamId: seed.foreignTeamId ?? teamId });
  }

  function find(keyOrId: string): Person | undefined {
    return byKey.get(keyOrId) ?? [...byKey.values()].find((person) => person.id === keyOrId);
  }

  function get(keyOrId: string): Person {
    const person = find(keyOrId);
    if (person === undefined) {
      throw new Error(`Nobody is called '${keyOrId}' here. The workspace knows: ${[...byKey.keys()].join(', ')}.`);
    }
    return person;
  }

  function change(keyOrId: string, by: PersonChange): Person {
    const person = get(keyOrId);
    const changed = { ...person, ...by, teamId: by.foreignTeamId ?? person.teamId };
    byKey.set(person.key, changed);
    return changed;
  }

  function enrich(user: Json): Json {
    const person = find(text(user.id));
    if (person === undefined) return { ...user, is_bot: user.is_bot ?? false, deleted: false, tz: DEFAULT_ZONE };
    const guest = person.isRestricted === true || person.isUltraRestricted === true;
    const profile = { ...object(user.profile), real_name: person.realName, display_name: person.realName };
    // The emulator leaves the address out without users:read.email, and so do we.
    const withEmail = 'email' in profile ? { ...profile, email: person.email } : profile;
    const common = {
      ...user,
      team_id: person.teamId,
      deleted: person.deleted ?? false,
      is_bot: person.isBot ?? false,
      is_app_user: false,
      profile: withEmail,
    };
    // A deactivated account comes without its zone and roles (Slack's page "User object").
    if (person.deleted === true) return common;
    return {
      ...common,
      tz: person.tz ?? DEFAULT_ZONE,
      tz_label: person.tz ?? DEFAULT_ZONE,
      tz_offset: 3600,
      is_admin: person.isAdmin ?? false,
      is_owner: false,
      is_primary_owner: false,
      is_restricted: guest,
      is_ultra_restricted: person.isUltraRestricted ?? false,
      ...(person.foreignTeamId === undefined ? {} : { is_stranger: true }),
      updated: 1_700_000_000,
      is_email_confirmed: true,
    };
  }

  /** Rewrites an answer of users.info, users.list, users.lookupByEmail or users.profile.get. */
  function rewrite(method: string, body: Json, answer: Json): Json {
    if (answer.ok !== true) return answer;
    if (method === 'users.list') {
      return { ...answer, members: objects(answer.members).map(enrich) };
    }
    if (method === 'users.lookupByEmail') {
      const user = enrich(object(answer.user));
      // Deactivated people and strangers are not found by address (Slack's page "users.lookupByEmail").
      if (user.deleted === true || user.is_stranger === true) return { ok: false, error: 'users_not_found' };
      return { ...answer, user };
    }
    if (method === 'users.info') return { ...answer, user: enrich(object(answer.user)) };
    if (method === 'users.profile.get') {
      const manager = find(text(body.user))?.manager;
      const fields = manager === undefined ? {} : { [managerFieldId]: { value: get(manager).id, alt: '' } };
      return { ...answer, profile: { ...object(answer.profile), fields } };
    }
    return answer;
  }

  return { find, get, change, rewrite, all: (): Person[] => [...byKey.values()] };
}

export type UserGroups = ReturnType<typeof createUserGroups>;

/** The user groups, which emulate lacks (Slack's pages "usergroups.list" and "usergroups.users.list"). */
export function createUserGroups(seeds: readonly GroupSeed[], people: People, teamId: string) {
  const startedAtSeconds = Math.floor(Date.now() / 1000);
  let onPaidPlan = true;
  const groups = new Map<string, UserGroup>();
  for (const [index, seed] of seeds.entries()) {
    groups.set(seed.handle, {
      id: `S0GROUP${String(index + 1).padStart(3, '0')}`,
      handle: seed.handle,
      name: seed.name,
      userIds: seed.members.map((key) => people.get(key).id),
      disabledAtSeconds: seed.disabled === true ? startedAtSeconds : 0,
    });
  }

  function format(group: UserGroup, includeUsers: boolean, includeCount: boolean): Json {
    return {
      id: group.id,
      team_id: teamId,
      is_usergroup: true,
      is_subteam: true,
      name: group.name,
      description: '',
      handle: group.handle,
      is_external: false,
      date_create: startedAtSeconds,
      date_update: startedAtSeconds,
      date_delete: group.disabledAtSeconds,
      auto_type: null,
      created_by: 'U000000001',
      updated_by: 'U000000001',
      deleted_by: null,
      prefs: { channels: [], groups: [] },
      ...(includeUsers ? { users: [...group.userIds] } : {}),
      ...(includeCount ? { user_count: group.userIds.length } : {}),
    };
  }

  const upgradeRequired = { ok: false, error: 'plan_upgrade_required' };

  return {
    all: (): UserGroup[] => [...groups.values()],
    list(options: { includeDisabled: boolean; includeUsers: boolean; includeCount: boolean }): Json {
      if (!onPaidPlan) return upgradeRequired;
      const shown = [...groups.values()].filter((group) => options.includeDisabled || group.disabledAtSeconds === 0);
      return { ok: true, usergroups: shown.map((g) => format(g, options.includeUsers, options.includeCount)) };
    },
    members(groupId: string, includeDisabled: boolean): Json {
      if (!onPaidPlan) return upgradeRequired;
      const group = [...groups.values()].find((candidate) => candidate.id === groupId);
      if (group === undefined || (group.disabledAtSeconds !== 0 && !includeDisabled)) {
        return { ok: false, error: 'no_such_subteam' };
      }
      return { ok: true, users: [...group.userIds] };
    },
    /** Replaces the members of a user group; makes the group when there is none of that handle. */
    set(handle: string, members: readonly string[], options: { disabled?: boolean } = {}): UserGroup {
      const known = groups.get(handle);
      const group: UserGroup = {
        id: known?.id ?? `S0GROUP${String(groups.size + 1).padStart(3, '0')}`,
        handle,
        name: known?.name ?? handle,
        userIds: members.map((key) => people.get(key).id),
        disabledAtSeconds: options.disabled === true ? Math.floor(Date.now() / 1000) : 0,
      };
      groups.set(handle, group);
      return group;
    },
    /** Free plans have no user groups: every call then answers plan_upgrade_required. */
    setPaidPlan(paid: boolean): void {
      onPaidPlan = paid;
    },
  };
}
