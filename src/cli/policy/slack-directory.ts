import { pino } from 'pino';
import { environmentValue } from '../../connectors/secrets.ts';
import { createDirectory } from '../../directory/directory.ts';
import type { WorkspaceId } from '../../domain/ids.ts';
import type { Policy } from '../../domain/policy/types.ts';
import { type Channels, createChannels } from '../../slack/channels.ts';
import { createClients } from '../../slack/clients.ts';
import { createIdentity } from '../../slack/identity.ts';
import { createPeople } from '../../slack/people.ts';
import type { Directory } from '../../usecases/ports.ts';
import { CliProblem, EXIT, type Io } from '../io.ts';

const SLACK_API = 'https://slack.com/api/';
/** Long enough for one whole command: nothing is asked twice. */
const REMEMBER_MS = 600_000;

export interface SlackDirectory {
  readonly team: WorkspaceId;
  readonly directory: Directory;
  readonly people: ReturnType<typeof createPeople>;
  readonly channels: Channels;
}

/** People, groups and channels as the bot sees them. Looks only: nobody is bound to an address. Throws `CliProblem`. */
export async function openSlackDirectory(policy: Policy, io: Io): Promise<SlackDirectory> {
  const token = io.env.SLACK_BOT_TOKEN;
  if (!token) throw new CliProblem('--live needs SLACK_BOT_TOKEN, the token with which the bot acts in Slack.');
  const apiUrl = (io.env.SLACK_API_URL ?? SLACK_API).replace(/\/*$/, '/');
  const client = createClients({ token, apiUrl, log: pino({ level: 'silent' }) }).background;
  try {
    const { teamId } = await createIdentity(client).get();
    const people = createPeople(client, Date.now, REMEMBER_MS);
    const directory = createDirectory({
      slackPeople: people,
      bind: async () => 'bound',
      managers: () => policy.managers,
      environment: environmentValue,
      now: Date.now,
    });
    return { team: teamId, directory, people, channels: createChannels(client, Date.now) };
  } catch (error) {
    throw new CliProblem(error instanceof Error ? error.message : String(error), EXIT.outage);
  }
}
