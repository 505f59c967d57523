import pg from 'pg';
import type { Clock } from '../usecases/ports.ts';
import type { Lever, World } from './server/world.ts';
import { LOGINS, type Target } from './target.ts';
import type { Workspace } from './workspace/workspace.ts';

/** A clock that only goes forward, and what to wake when it does. */
export function createDemoClock(): { readonly clock: Clock; advance(seconds: number): void } {
  let offsetMs = 0;
  return {
    clock: { offsetMs: () => offsetMs, passedMs: () => offsetMs },
    advance(seconds) {
      offsetMs += seconds * 1000;
    },
  };
}

const BOT = 'elevate_bot';

/** Whose account is deactivated, who gets access behind the bot's back, and whose is taken away there. */
const [GONE, SNEAK, LOSER] = ['dev', 'dev2', 'dev'] as const;

/** What the demo lets happen to the bot's world. */
export function demoLevers(workspace: Workspace, target: Target): Pick<World, 'levers'> {
  const asAdmin = async <T extends pg.QueryResultRow>(sql: string, values: readonly unknown[] = []): Promise<T[]> => {
    const client = new pg.Client({ connectionString: target.adminUrl });
    await client.connect();
    try {
      return (await client.query<T>(sql, [...values])).rows;
    } finally {
      await client.end();
    }
  };
  const nameOf = (key: string): string => workspace.user(key).person.realName.split(' ')[0] ?? key;
  const memberships = (key: string, byBot: boolean) =>
    asAdmin<{ role: string }>(
      `SELECT r.rolname AS role FROM pg_auth_members a JOIN pg_roles r ON r.oid = a.roleid JOIN pg_roles m ON m.oid = a.member
         JOIN pg_roles g ON g.oid = a.grantor WHERE m.rolname = $1 AND (g.rolname = $2) = $3`,
      [LOGINS[key], BOT, byBot],
    );

  const levers: readonly Lever[] = [
    {
      key: 'target-down',
      about: 'The target takes no connections from Elevate',
      verb: { off: 'Take it down', on: 'Bring it back' },
      isOn: async () => {
        const [bot] = await asAdmin<{ max: number }>('SELECT rolconnlimit AS max FROM pg_roles WHERE rolname = $1', [
          BOT,
        ]);
        return bot?.max === 0;
      },
      async pull() {
        const down = !(await this.isOn());
        await asAdmin(`ALTER ROLE ${BOT} CONNECTION LIMIT ${down ? 0 : -1}`);
        if (down) await asAdmin('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1', [BOT]);
      },
    },
    {
      key: 'given-by-hand',
      about: `${nameOf(SNEAK)} has orders_admin on the target, from somebody else than Elevate`,
      verb: { off: 'Give it by hand', on: 'Take it back by hand' },
      isOn: async () => (await memberships(SNEAK, false)).length > 0,
      async pull() {
        const given = await this.isOn();
        await asAdmin(`${given ? 'REVOKE orders_admin FROM' : 'GRANT orders_admin TO'} ${LOGINS[SNEAK]}`);
      },
    },
    {
      key: 'taken-by-hand',
      about: `What ${nameOf(LOSER)} has from Elevate is taken away on the target itself`,
      verb: { off: 'Take it away by hand', on: 'Take it away by hand' },
      isOn: () => false,
      async pull() {
        const held = await memberships(LOSER, true);
        if (held.length === 0)
          throw new Error(`${nameOf(LOSER)} has nothing on the target now: let it be approved first.`);
        for (const { role } of held)
          await asAdmin(`REVOKE ${pg.escapeIdentifier(role)} FROM ${LOGINS[LOSER]} GRANTED BY ${BOT}`);
      },
    },
    {
      key: 'deactivated',
      about: `${nameOf(GONE)}’s Slack account is deactivated`,
      verb: { off: 'Deactivate it', on: 'Bring it back' },
      isOn: () => workspace.user(GONE).person.deleted === true,
      async pull() {
        const deleted = !workspace.user(GONE).person.deleted;
        workspace.changePerson(GONE, { deleted });
        // Slack tells it to every app that listens (Slack: "user_change event").
        await workspace.sendEvent({ type: 'user_change', user: { id: workspace.user(GONE).id, deleted } });
      },
    },
  ];
  return { levers };
}
