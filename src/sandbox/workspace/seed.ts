/** Who and what the local workspace starts with. Everything can be replaced through `startWorkspace({ seed })`. */
export interface PersonSeed {
  /** The short name that tests and the demo use: `workspace.user('dev')`. */
  readonly key: string;
  readonly realName: string;
  readonly email: string;
  readonly title?: string;
  /** IANA zone, as in users.info. */
  readonly tz?: string;
  /** Key of this person's manager, shown in the custom profile field "Manager". */
  readonly manager?: string;
  readonly isAdmin?: boolean;
  /** A multi-channel guest (users.info: is_restricted). */
  readonly isRestricted?: boolean;
  /** A single-channel guest (users.info: is_ultra_restricted, which comes with is_restricted). */
  readonly isUltraRestricted?: boolean;
  readonly isBot?: boolean;
  /** Deactivated (users.info: deleted). */
  readonly deleted?: boolean;
  /** Somebody from another company over Slack Connect: the id of their own team (users.info: is_stranger). */
  readonly foreignTeamId?: string;
}

export interface ChannelSeed {
  readonly name: string;
  /** Keys of the people in it, or everybody. */
  readonly members: 'everyone' | readonly string[];
  readonly isPrivate?: boolean;
  readonly isArchived?: boolean;
  /** Whether the bot was invited. Public channels take its posts anyway with chat:write.public. */
  readonly hasBot?: boolean;
  readonly topic?: string;
}

export interface GroupSeed {
  readonly handle: string;
  readonly name: string;
  readonly members: readonly string[];
  /** A disabled user group: it stays in the list with a date_delete. */
  readonly disabled?: boolean;
}

export interface WorkspaceSeed {
  readonly people: readonly PersonSeed[];
  readonly channels: readonly ChannelSeed[];
  readonly groups: readonly GroupSeed[];
}

export const defaultSeed: WorkspaceSeed = {
  people: [
    { key: 'dev', realName: 'Dana Reyes', email: 'dana@example.com', title: 'Developer', manager: 'manager' },
    { key: 'dev2', realName: 'Theo Brandt', email: 'theo@example.com', title: 'Developer', manager: 'manager' },
    { key: 'dba', realName: 'Bo Lindqvist', email: 'bo@example.com', title: 'Database administrator' },
    { key: 'dba2', realName: 'Priya Nair', email: 'priya@example.com', title: 'Database administrator' },
    { key: 'security', realName: 'Sam Okafor', email: 'sam@example.com', title: 'Security lead' },
    { key: 'manager', realName: 'Mara Keller', email: 'mara@example.com', title: 'Engineering manager' },
    { key: 'sre', realName: 'Ren Ito', email: 'ren@example.com', title: 'Site reliability', tz: 'Asia/Tokyo' },
    { key: 'guest', realName: 'Gus Arnold', email: 'gus@agency.example', title: 'Guest', isRestricted: true },
    { key: 'robot', realName: 'Deploy Bot', email: 'deploy@example.com', isBot: true },
    { key: 'stranger', realName: 'Sasha Petrov', email: 'sasha@partner.example', foreignTeamId: 'T0PARTNER1' },
    { key: 'gone', realName: 'Gil Former', email: 'gil@example.com', deleted: true },
  ],
  channels: [
    { name: 'access', members: 'everyone', hasBot: true, topic: 'Ask for access here' },
    { name: 'access-prod', members: ['dev', 'dba', 'dba2', 'security', 'manager', 'sre'], hasBot: true },
    { name: 'security', members: ['security', 'manager'], topic: 'What security should look at' },
    { name: 'access-audit', members: ['security'], hasBot: true },
    { name: 'data-help', members: ['dev', 'dev2', 'dba', 'dba2', 'stranger'] },
    { name: 'data-private', members: ['dba', 'dba2'], isPrivate: true, hasBot: true },
    { name: 'no-bot-private', members: ['security', 'manager'], isPrivate: true },
    { name: 'old-access', members: ['dev', 'dba'], isArchived: true },
  ],
  groups: [
    { handle: 'dba', name: 'Database administrators', members: ['dba', 'dba2'] },
    { handle: 'developers', name: 'Developers', members: ['dev', 'dev2'] },
    { handle: 'sre', name: 'Site reliability', members: ['sre'] },
  ],
};

/**
 * The bot scopes of the manifest. The end-to-end tests read the real manifest and pass its list; this is for those that
 * start a workspace alone.
 */
export const defaultScopes: readonly string[] = [
  'commands',
  'chat:write',
  'chat:write.public',
  'users:read',
  'users:read.email',
  'usergroups:read',
  'im:write',
  'channels:read',
  'groups:read',
];
