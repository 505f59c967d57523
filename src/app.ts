import type { RequestListener } from 'node:http';
import type { Logger } from 'pino';
import { bindUsecases } from './bind-usecases.ts';
import type { Config } from './config.ts';
import { connectorTypes, openConnectors } from './connectors/registry.ts';
import { environmentValue, secretsIn } from './connectors/secrets.ts';
import { createDatabaseAway } from './database-away.ts';
import { createDirectory } from './directory/directory.ts';
import type { Policy } from './domain/policy/types.ts';
import { type Check, createHealth } from './health.ts';
import { startHeartbeat } from './jobs/heartbeat.ts';
import { type Jobs, startJobs } from './jobs/start.ts';
import { listen } from './listen.ts';
import type { Scrubber } from './logging.ts';
import { createMetrics } from './metrics.ts';
import { openDatabase } from './open-database.ts';
import { doesNotCheck, policyAtStart } from './policy-at-start.ts';
import { startPolicyReloading } from './policy-reload.ts';
import { createSlack } from './slack/app.ts';
import type { TimeLimits } from './slack/clients.ts';
import type { Text } from './slack/text/en.ts';
import { StartProblem } from './start-problem.ts';
import { createPolicySource, loadPolicyFrom } from './store/policy-source.ts';
import { createStore, type OpenStore } from './store/prisma-store.ts';
import { createTeardown, type Teardown } from './teardown.ts';
import { checkTargets } from './usecases/check-targets.ts';
import { randomIds } from './usecases/new-ids.ts';
import { perform, performEarly, performEnds } from './usecases/perform.ts';
import { type Clock, type ConnectorType, type Ports, REAL_TIME } from './usecases/ports.ts';
import { createWatch } from './watch.ts';
import { openWitnesses } from './witnesses.ts';

/** What a process is given besides its configuration. Tests and the sandbox bring a clock of their own. */
export interface Surroundings {
  readonly log: Logger;
  readonly scrubber: Scrubber;
  readonly clock?: Clock;
  /** How long people and groups are remembered; the Slack layer's own limit unless set. */
  readonly rememberPeopleMs?: number;
  /** How long Slack may take to answer a call; the Slack layer's own limits unless set. */
  readonly slackTimeLimits?: TimeLimits;
  /** The language that the bot speaks in Slack; English unless set. */
  readonly text?: Text;
  /** The kinds of targets there are; those of the registry unless a test brings one of its own. */
  readonly connectorTypes?: ReadonlyMap<string, ConnectorType>;
  /** The one address of this machine that it listens on; every one unless set. */
  readonly host?: string;
}

export interface App {
  /** Where it listens, such as http://127.0.0.1:3000. */
  readonly url: string;
  readonly ports: Ports;
  /** Reads the policy's files again, as SIGHUP asks for. Never throws: a policy that does not check is refused and told. */
  reloadPolicy(): Promise<void>;
  /** Looks for due work at once: for a test that has moved its clock. */
  wake(): void;
  /** Lets work in hand finish, then stops everything in the opposite order of its start. */
  stop(): Promise<void>;
}

/** A process whose clock is further off the database's than this is not ready. */
const CLOCK_SKEW_LIMIT_MS = 2_000;

/**
 * The only composition root: everything real is put together here. Rejects with `StartProblem` when it cannot start, having
 * stopped what was started by then. Slack being away is no such problem: access has to end on time without it.
 */
export async function startApp(config: Config, surroundings: Surroundings): Promise<App> {
  const teardown = createTeardown();
  try {
    return await start(config, surroundings, teardown);
  } catch (error) {
    await teardown.run().catch((cause: unknown) => {
      surroundings.log.warn({ err: cause }, 'Stopping after a failed start failed too');
    });
    throw error;
  }
}

async function start(config: Config, surroundings: Surroundings, teardown: Teardown): Promise<App> {
  const { log, clock = REAL_TIME } = surroundings;
  const types = surroundings.connectorTypes ?? connectorTypes;
  const schemas = Object.fromEntries(types);
  const loaded = await loadPolicyFrom(config.policyPath, schemas);

  const databaseUrl = await openDatabase(config, log, teardown).catch((error: unknown) => {
    // Both stand in the way, and whoever puts one right wants to know of the other.
    if (loaded.ok || !(error instanceof StartProblem)) throw error;
    throw doesNotCheck(config.policyPath, loaded.lines, error.message);
  });
  const store = createStore(databaseUrl, {
    clock,
    onBadRow: (bad) => log.error({ err: bad }, `A row was left out of a list: ${bad.message}`),
  });
  teardown.add(() => store.close());
  const atStart = await policyAtStart(loaded, config.policyPath, store.policies, log);

  const hideSecrets = (policy: Policy): void => secretsIn(policy.canonical).forEach(surroundings.scrubber.learn);
  hideSecrets(atStart.policy);
  const connectors = openConnectors({ leases: store.leases }, types);
  teardown.add(() => connectors.close());
  const policies = createPolicySource(atStart.policy, store.policies);
  const slack = createSlack({
    connection: config.slack,
    log,
    usecases: () => usecases,
    ...(surroundings.slackTimeLimits ? { timeLimits: surroundings.slackTimeLimits } : {}),
    ...(surroundings.text ? { text: surroundings.text } : {}),
    ...(surroundings.rememberPeopleMs === undefined ? {} : { rememberPeopleMs: surroundings.rememberPeopleMs }),
  });
  const directory = createDirectory({
    slackPeople: slack.people,
    bind: store.people.bind,
    managers: () => policies.current().managers,
    environment: environmentValue,
    now: Date.now,
  });
  const ports: Ports = { store, connectors, messenger: slack.messenger, directory, policies, clock, ids: randomIds };
  const usecases = bindUsecases(ports);

  const watch = createWatch(ports, await openWitnesses(slack.time), slack.identity, log);
  await watch.look();
  const jobs = await startJobs({
    outbox: store.outbox,
    onCommit: store.onCommit,
    perform: (claimed) => perform(ports, claimed),
    performEarly: (claimed, early) => performEarly(ports, claimed, early),
    performEnds: (claimed) => performEnds(ports, claimed),
    backend: config.redisUrl === null ? { databaseUrl } : { redisUrl: config.redisUrl },
    log,
  });
  teardown.add(() => jobs.stop());
  const away = createDatabaseAway(ports, log);
  const beat = async (): Promise<void> => {
    await watch.beat();
    await away.seen();
  };
  const heartbeat = startHeartbeat(beat, log, () => void away.looked());
  teardown.add(() => heartbeat.stop());
  // Not awaited: a target that is down must not keep the others' access from ending.
  void tellTargetFindings(ports, log);
  const health = createHealth({
    checks: checksOf(store, jobs, slack.ready, clock),
    scrub: surroundings.scrubber.scrub,
  });
  const metrics = createMetrics({ counts: () => store.database.counts(), queueReady: () => jobs.ready() });
  const answer: RequestListener = (request, response) => {
    if (!health.handle(request, response) && !metrics.handle(request, response))
      slack.requestListener(request, response);
  };
  const url = await listen(config.port, teardown, answer, surroundings.host);
  await slack.start();
  teardown.add(() => slack.stop());
  const following = startHeartbeat(slack.follow, log);
  teardown.add(() => following.stop());
  const reloading = startPolicyReloading({
    path: config.policyPath,
    schemas,
    ports: { ...ports, swap: policies.swap },
    workspace: async () => (await slack.identity()).teamId,
    onSwap: (policy) => {
      hideSecrets(policy);
      void tellTargetFindings(ports, log);
    },
    atStart,
    log,
    teardown,
  });
  return {
    url,
    ports,
    reloadPolicy: () => reloading.reload('signal'),
    wake: () => jobs.wake(),
    stop: () => teardown.run(),
  };
}

async function tellTargetFindings(ports: Ports, log: Logger): Promise<void> {
  for (const { connector, severity, message, fix } of await checkTargets(ports, ports.policies.current())) {
    log[severity === 'error' ? 'error' : 'warn']({ connector }, `Target ${connector}: ${message} ${fix}`);
  }
}

function checksOf(store: OpenStore, jobs: Jobs, slack: Check, clock: Clock): Record<string, Check> {
  return {
    database: async () => {
      await store.now();
      return true;
    },
    clock: async () => {
      const before = Date.now();
      const database = (await store.now()).getTime() - clock.offsetMs();
      const after = Date.now();
      const skewMs = database < before ? before - database : Math.max(0, database - after);
      return (
        skewMs <= CLOCK_SKEW_LIMIT_MS || `This machine's clock is ${Math.round(skewMs / 1000)} s off the database's`
      );
    },
    queue: () => jobs.ready(),
    slack,
    // Without one there is no start, and one that does not check never takes its place.
    policy: async () => true,
  };
}
