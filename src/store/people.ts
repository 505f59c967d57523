import type { People } from '../usecases/ports.ts';
import type { Database } from './database.ts';
import { throwStoreError } from './errors.ts';
import { storableText } from './rows.ts';

/** A company's worth of people; whoever comes after them is looked up each time. */
const REMEMBERED_MOST = 50_000;

/** Emails are compared without regard to case, as Slack does not keep it either. */
export function createPeople({ single, models }: Pick<Database, 'single' | 'models'>): People {
  /** Bindings seen by this process. Once made, one is never changed, so only those that are not there yet have to be asked for. */
  const seen = new Set<string>();
  const remember = (key: string, found: 'bound' | 'conflict'): 'bound' | 'conflict' => {
    if (found === 'bound' && seen.size < REMEMBERED_MOST) seen.add(key);
    return found;
  };

  return {
    async bind({ workspaceId, slackUserId, email, name }) {
      const address = storableText(email.trim().toLowerCase());
      const key = `${workspaceId}/${slackUserId}/${address}`;
      if (seen.has(key)) return 'bound';
      const known = await boundTo(models, workspaceId, slackUserId, address);
      if (known !== null) return remember(key, known);
      await single.execute`
        INSERT INTO people (workspace_id, slack_user_id, email, name, first_seen_at)
        VALUES (${workspaceId}, ${slackUserId}, ${address}, ${storableText(name)}, clock_timestamp()) ON CONFLICT DO NOTHING`;
      // Whoever was faster has won; both read what stands now.
      return remember(key, (await boundTo(models, workspaceId, slackUserId, address)) ?? 'conflict');
    },
  };
}

async function boundTo(
  models: Database['models'],
  workspaceId: string,
  slackUserId: string,
  email: string,
): Promise<'bound' | 'conflict' | null> {
  const rows = await models.person
    .findMany({
      where: { workspaceId, OR: [{ slackUserId }, { email }] },
      select: { slackUserId: true, email: true },
    })
    .catch(throwStoreError);
  if (rows.length === 0) return null;
  return rows.every((row) => row.slackUserId === slackUserId && row.email === email) ? 'bound' : 'conflict';
}
