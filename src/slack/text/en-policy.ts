import type { DisallowedGrant } from '../../domain/disallowed-grant.ts';
import type { WayIn } from '../../domain/policy/explain.ts';
import type { RuleVerdict } from '../../domain/policy/types.ts';
import { undecided } from '../../domain/policy/undecided.ts';
import type { RoleExplanation } from '../../usecases/explain-role.ts';
import type { PolicyNews } from '../../usecases/ports.ts';
import { cut, esc, mention, when } from '../blocks.ts';
import { ERROR_SHOWN_MAX, STATUS_ROWS_MAX } from '../limits.ts';
import { fallsBackTo, fellBack } from './en-fallback.ts';
import { NEXT } from './en-lookup.ts';
import { duration, groups, mentions, plural } from './en-words.ts';

const GROUP = /^requester\.groups\["(.*)"\]$/s;

/** What is said about the policy itself: mrkdwn, everything that people wrote escaped. */
export const policyWords = {
  whyWhat: 'Which role? Write `/elevate why orders-db/admin`, or with how long: `/elevate why orders-db/admin 2h`.',
  why: ({ role, durationSeconds, decision, approvers, ways }: RoleExplanation): string => {
    const what = `\`${esc(role.key)}\` for ${duration(durationSeconds)}`;
    const rule = `“${esc(decision.rule.name)}”`;
    const lines: string[] = [];
    const unknown = undecided(decision, durationSeconds);
    if (decision.outcome === 'approve')
      lines.push(`*You can have ${what}, and nobody has to be asked*: ${rule} says so.`);
    else if (decision.outcome === 'require') lines.push(`*You can ask for ${what}.* ${rule} asks for approval:`);
    else if (unknown !== null)
      lines.push(
        `*I can’t tell now whether you can have ${what}*, because ${esc(unknown.detail)}. ${unknown.lasting ? NEXT.lasts : NEXT.passes}`,
      );
    else lines.push(`*You cannot have ${what} now*: ${rule} says no.`);
    if (decision.message !== null) lines.push(esc(decision.message));
    for (const [index, stage] of decision.stages.entries()) {
      const people = approvers[index] ?? [];
      const from = `${plural(stage.approvals, 'approval')} from ${groups(stage.from.map(esc), 'you')}${fallsBackTo(stage)}`;
      const now = people.length === 0 ? 'nobody can right now' : `now ${mentions(people)}`;
      lines.push(`${index + 1}. ${from}: ${now}.${fellBack(stage)}`);
    }
    if (unknown !== null) return lines.join('\n');
    if (ways.length > 0) lines.push('*You could have it*', ...ways.map((way) => `• ${wayIn(way)}`));
    else if (decision.outcome === 'deny') lines.push('Ask the owners of the role what you need for it.');
    return lines.join('\n');
  },
  whyDetail: ({ decision }: RoleExplanation): string =>
    cut(
      decision.trace
        .filter((each) => each.verdict !== 'not_reached')
        .map(verdict)
        .join('\n'),
      2_900,
    ),
  news: (news: PolicyNews): string =>
    news.news === 'refused'
      ? `⚠ *A new policy was refused because it does not check; the old one stays in force.*\n${news.lines
          .slice(0, STATUS_ROWS_MAX)
          .map((line) => `• ${esc(cut(line, ERROR_SHOWN_MAX))}`)
          .join(
            '\n',
          )}${more(news.lines.length)}\nCorrect it and save it again, or check it before with \`elevate policy check\`.`
      : `*A new policy is in force that would no longer give ${plural(news.disallowed.length, 'grant')} that ${news.disallowed.length === 1 ? 'is' : 'are'} live.* Nothing was shortened: they end when they were going to, unless an admin revokes them.\n${news.disallowed
          .slice(0, STATUS_ROWS_MAX)
          .map((each) => `• ${disallowed(each)}`)
          .join(
            '\n',
          )}${more(news.disallowed.length)}${news.closed > 0 ? `\n${plural(news.closed, 'waiting request')} that it denies ${news.closed === 1 ? 'was' : 'were'} closed.` : ''}`,
  revokeDisallowed: 'Revoke them now',
  revokeDisallowedLabel: 'Revoke every live grant that the policy would no longer give',
  revokeReason: 'The policy in force would no longer give it.',
  confirmTitle: 'Revoke these grants?',
  confirmText: 'Every live grant that the policy in force would no longer give ends now. Their holders are told.',
  confirmYes: 'Revoke',
  confirmNo: 'Keep them',
  revoked: (user: string, count: number, failed: number): string =>
    `${mention(user)} revoked ${plural(count, 'grant')} that the policy would no longer give.${failed > 0 ? ` ${plural(failed, 'grant')} could not be revoked; look at their cards.` : ''}`,
};

const more = (count: number): string => (count > STATUS_ROWS_MAX ? `\nand ${count - STATUS_ROWS_MAX} more` : '');

function disallowed({ grant, why, rule }: DisallowedGrant): string {
  const who = `${mention(grant.holder.slackUserId)}: \`${esc(grant.roleKey)}\`${grant.endsAt ? ` until ${when(grant.endsAt)}` : ''}`;
  const by = rule === null ? '' : ` (“${esc(rule)}”)`;
  const reasons = {
    denied: `now denied${by}`,
    too_long: `longer than is now allowed${by}`,
    needs_approval: `now needs an approval${by}`,
    role_gone: 'the role is gone',
  };
  return `${who}, ${reasons[why]}`;
}

function wayIn({ changes, outcome, rule }: WayIn): string {
  const parts = changes.map(({ path, to }) => {
    const group = GROUP.exec(path)?.[1];
    if (group !== undefined) return to === true ? `as a member of ${esc(group)}` : `outside of ${esc(group)}`;
    if (path === 'request.duration' && typeof to === 'number') return `for ${duration(to)}`;
    if (path === 'time.business_hours') return to === true ? 'within business hours' : 'outside business hours';
    return `with \`${esc(path)}\` at ${esc(String(to))}`;
  });
  const how = outcome === 'approve' ? 'without asking anybody' : 'with an approval';
  return `${parts.join(', ')}: ${how}, by “${esc(rule)}”`;
}

const MARK: Readonly<Record<RuleVerdict['verdict'], string>> = {
  matched: '✓ applies',
  not_matched: '✗ does not apply',
  error: '⚠ could not be read',
  not_reached: 'not reached',
};

function verdict(each: RuleVerdict): string {
  const values = Object.entries(each.values)
    .map(([path, value]) => `${esc(path)} = ${esc(cut(JSON.stringify(value), 80))}`)
    .join(', ');
  return `${MARK[each.verdict]}: “${esc(each.name)}”${values === '' ? '' : ` (${values})`}`;
}
