import { type Command, InvalidArgumentError, Option } from 'commander';
import { roleKey } from '../../domain/ids.ts';
import { formatDuration, parseDuration } from '../../domain/policy/duration.ts';
import { evaluate } from '../../domain/policy/evaluate.ts';
import { waysIn } from '../../domain/policy/explain.ts';
import type { Facts, Known } from '../../domain/policy/facts.ts';
import { offered } from '../../domain/policy/offer.ts';
import { closest } from '../../domain/policy/suggest.ts';
import { instantOf, timeFacts } from '../../domain/policy/time.ts';
import type { Policy, Role } from '../../domain/policy/types.ts';
import { traceLines } from '../format/trace.ts';
import { wayText } from '../format/way.ts';
import { CliProblem, type End, EXIT, EXIT_HELP, type Io } from '../io.ts';
import { lookUpLive } from './explain-live.ts';
import { DEFAULT_PATH, mustLoad, PATH_HELP, readPath } from './read.ts';

interface Options {
  readonly as: string;
  readonly policy: string;
  readonly duration?: number;
  readonly at?: string;
  readonly ticket?: string;
  readonly reason: string;
  readonly group: readonly string[];
  readonly fact: readonly string[];
  readonly breakGlass?: true;
  readonly live?: true;
  readonly format: 'text' | 'json';
}

export function registerExplain(policy: Command, io: Io, end: End): void {
  const several = (value: string, before: readonly string[]): readonly string[] => [...before, value];
  policy
    .command('explain')
    .description('What the policy says to somebody who asks for a role, why, and what would make it say yes.')
    .argument('<role>', 'resource/role')
    .requiredOption('--as <email>', 'who asks')
    .option('--policy <path>', PATH_HELP, DEFAULT_PATH)
    .option('--duration <time>', "such as 30m or 1h30m; the role's usual one unless set", duration)
    .option('--at <time>', 'such as 2026-03-02T22:00 in the policy’s timezone; now unless set')
    .option('--ticket <text>', 'the ticket')
    .option('--reason <text>', 'the reason', 'a reason')
    .option(
      '--group <name>',
      'a group they are in, besides those that list their address; may be repeated',
      several,
      [],
    )
    .option('--fact <name=value>', 'what a fact provider says; may be repeated', several, [])
    .option('--break-glass', 'ask for break-glass')
    .option('--live', 'look groups up in Slack and ask the fact providers (needs SLACK_BOT_TOKEN)')
    .addOption(new Option('--format <format>', 'how it is written').choices(['text', 'json']).default('text'))
    .addHelpText(
      'after',
      `
Examples:
  elevate policy explain orders-db/admin --as dana@example.com --group developers
  elevate policy explain orders-db/admin --as dana@example.com --duration 2h --at 2026-03-02T22:00 --ticket INC-7
  elevate policy explain orders-db/admin --as dana@example.com --live
${EXIT_HELP('it is denied')}`,
    )
    .action(async (key: string, options: Options) => {
      const loaded = mustLoad(await readPath(options.policy), options.policy);
      const role = loaded.roles.get(roleKey(key));
      if (!role) throw new CliProblem(noRole(loaded, key));
      const facts = await factsOf(loaded, role, options, io);
      const decision = evaluate(loaded, role.key, facts);
      const ways = waysIn(loaded, role, facts);
      const isOffered = offered(loaded, role, facts);
      io.out(
        options.format === 'json'
          ? JSON.stringify({ role: role.key, decision, offered: isOffered, ways, facts }, null, 2)
          : asText(role, facts, { decision, ways, isOffered }),
      );
      if (decision.outcome === 'deny') end(EXIT.found);
    });
}

function duration(text: string): number {
  const seconds = parseDuration(text);
  if (seconds === null || seconds === 0) throw new InvalidArgumentError('It must be a time such as 30m or 1h30m.');
  return seconds;
}

function noRole(policy: Policy, key: string): string {
  const meant = closest(key, policy.roles.keys());
  return `The policy has no role ${key}.${meant ? ` Did you mean ${meant}?` : ''}`;
}

async function factsOf(policy: Policy, role: Role, options: Options, io: Io): Promise<Facts> {
  const at = options.at === undefined ? new Date() : instantOf(options.at, policy.timezone);
  if (!at) throw new CliProblem(`'${options.at}' is no time. Write it like 2026-03-02T22:00 or 2026-03-02T22:00Z.`);
  const unknown = options.group.find((name) => !policy.groups.has(name));
  if (unknown !== undefined) throw new CliProblem(`The policy has no group '${unknown}'.`);
  const email = options.as.toLowerCase();
  const live = options.live ? await lookUpLive(policy, role, email, options.ticket ?? null, io) : null;
  const membership = (name: string): Known<boolean> => {
    if (options.group.includes(name)) return true;
    const group = policy.groups.get(name);
    if (live) return live.groups[name] ?? false;
    // Who is in a group of Slack or on call, only they know; here nobody is unless --group says so.
    return group?.kind === 'members' && group.emails.includes(email);
  };
  const mapped = policy.managers?.kind === 'map' ? (policy.managers.managers.get(email) ?? null) : null;
  return {
    at: at.toISOString(),
    requester: {
      id: live?.id ?? 'U0UNKNOWN',
      email,
      name: live?.name ?? email,
      groups: Object.fromEntries([...policy.groups.keys()].map((name) => [name, membership(name)])),
      manager: live?.manager ?? mapped,
      timezone: live?.timezone ?? policy.timezone,
    },
    request: {
      durationSeconds: options.duration ?? role.duration.defaultSeconds,
      ticket: options.ticket ?? null,
      reason: options.reason,
      extension: false,
      breakGlass: options.breakGlass === true,
      channel: null,
    },
    time: timeFacts(at, policy.timezone, policy.businessHours),
    history: { activeGrants: 0, activeRoles: [], grantsToday: 0, minutesSinceLast: null },
    provided: { ...live?.provided, ...givenFacts(policy, options.fact) },
  };
}

function givenFacts(policy: Policy, written: readonly string[]): Facts['provided'] {
  return Object.fromEntries(
    written.map((text) => {
      const at = text.indexOf('=');
      const [name, value] = [text.slice(0, at), text.slice(at + 1)];
      const type = policy.factTypes.get(name);
      if (at <= 0 || type === undefined)
        throw new CliProblem(`--fact ${text}: write name=value with a fact that the policy declares.`);
      if (type === 'string') return [name, value];
      const read: unknown =
        type === 'bool' ? (value === 'true' ? true : value === 'false' ? false : null) : Number(value);
      if (typeof read !== 'boolean' && !(typeof read === 'number' && Number.isFinite(read))) {
        throw new CliProblem(`--fact ${text}: ${name} is a ${type}.`);
      }
      return [name, read];
    }),
  );
}

interface Said {
  readonly decision: ReturnType<typeof evaluate>;
  readonly ways: ReturnType<typeof waysIn>;
  readonly isOffered: boolean;
}

function asText(role: Role, facts: Facts, { decision, ways, isOffered }: Said): string {
  const { outcome, rule, message, stages, capSeconds, cappedBy } = decision;
  const asked = `${facts.requester.email} asks for ${role.key} for ${formatDuration(facts.request.durationSeconds)}, ${facts.time.weekday} ${facts.time.date} ${String(facts.time.hour).padStart(2, '0')}:${String(facts.time.minute).padStart(2, '0')}`;
  const lines = [
    asked,
    `  ${outcome === 'approve' ? 'approved, nobody is asked' : outcome === 'deny' ? 'denied' : 'people are asked'}, by ${rule.name}`,
  ];
  if (message !== null) lines.push(`  ${message}`);
  for (const [index, stage] of stages.entries()) {
    lines.push(
      `  stage ${index + 1}: ${stage.approvals} of ${stage.from.join(' or ')}${stage.fallback ? `, where they cannot ${stage.fallback.to.join(' or ')} too` : ''} (from ${stage.addedBy.name})`,
    );
  }
  const longest = Math.min(role.duration.maxSeconds, capSeconds ?? Number.POSITIVE_INFINITY);
  if (outcome !== 'deny') {
    const by = capSeconds !== null && capSeconds < role.duration.maxSeconds ? `, capped by ${cappedBy}` : '';
    lines.push(`  at most ${formatDuration(longest)}${by}`);
    if (facts.request.durationSeconds > longest)
      lines.push('  what is asked for is longer: it is refused with that maximum');
  }
  lines.push(`  ${isOffered ? 'It is' : 'It is not'} offered in the form.`);
  lines.push('', 'What was evaluated:', ...traceLines(decision).map((line) => `  ${line}`));
  if (outcome === 'deny') {
    lines.push(
      '',
      ways.length === 0 ? 'No change of a single fact, or of two, would allow it.' : 'It would be allowed:',
    );
    lines.push(...ways.map((way) => `  ${wayText(way)}`));
  }
  return lines.join('\n');
}
