import type { AuditEvent } from '../../domain/audit.ts';
import type { AccessRequest } from '../../domain/request.ts';
import type { UnreachedChannel } from '../../domain/request-state.ts';
import type { RequestView } from '../../usecases/ports.ts';
import { cut, esc, mention, when } from '../blocks.ts';
import { ERROR_SHOWN_MAX, RECORD_REASON_MAX } from '../limits.ts';
import { lineStart, threadLine } from './en-thread.ts';

/** Words of the timeline in an audit channel, and of what leads there. */
export const record = {
  /** In front of a line of a thread that has not the whole timeline. */
  callStart: (at: Date): string => `${when(at, 'far')} · `,
  lineStart: (number: number, at: Date, { id }: AccessRequest): string => `${lineStart(number, at)}\`${id}\` · `,
  /** Behind a line that may stand there twice. */
  again: ' (Slack did not tell whether this line arrived the first time.)',
  /** On a head that may stand there twice. */
  headAgain: 'An earlier message of this timeline was deleted, or may stand here too. This one is kept up to date.',
  sentence,
  toRecord: (link: string | null): string =>
    link === null
      ? 'Its whole timeline stands in the audit channel.'
      : `<${link}|Its whole timeline> stands in the audit channel.`,
  toCard: (link: string | null): string =>
    link === null
      ? 'The timeline of this request is below.'
      : `The timeline of this request is below; <${link}|its card> is where people decide.`,
  unreached: ({ channel, what, problem, instead }: UnreachedChannel): string => {
    const place = instead === null ? 'in the thread of the card' : `in ${esc(instead)}`;
    return `⚠ The policy puts ${what === 'card' ? 'this card' : 'the timeline'} into ${esc(channel)}, which could not be reached, so it stands ${place}. ${esc(cut(problem, ERROR_SHOWN_MAX))}.`;
  },
};

/** One sentence with all that an auditor asks for, who did it above all; null: the event is told with another one. */
function sentence(event: AuditEvent, view: RequestView): string | null {
  const said = whatHappened(event, view);
  return said === null || event.actor.type === 'person' || said.startsWith('Elevate') ? said : `Elevate: ${said}`;
}

function whatHappened(event: AuditEvent, view: RequestView): string | null {
  switch (event.kind) {
    case 'request.submitted': {
      const said = threadLine(event, view);
      const why = event.data.breakGlass ? '' : ` Reason: “${esc(cut(event.data.reason, RECORD_REASON_MAX))}”.`;
      const unreached = view.request.role.unreached.map((each) => ` ${record.unreached(each)}`).join('');
      return `${said}${event.data.reason === '' ? '' : why} Policy ${event.data.policyVersion.slice(0, 12)}.${unreached}`;
    }
    case 'decision.refused':
      return `${event.actor.type === 'person' ? mention(event.actor.person.slackUserId) : 'Somebody'} tried to decide, which was refused: ${mayNot(event.data.code)}.`;
    case 'grant.provisioning_started':
      return `It is being set up on ${esc(view.request.role.resource)} (${esc(event.data.target)}) for ${esc(event.data.subject)} (${esc(event.data.subjectId)}).`;
    case 'grant.activated':
    case 'grant.ended':
      return `${threadLine(event, view)}${answered(event.data.answer)}`;
    default:
      return threadLine(event, view);
  }
}

/** Why somebody's decision was refused, by the refusal's code. */
function mayNot(code: string): string {
  switch (code) {
    case 'own_request':
      return 'nobody decides about their own request';
    case 'delegation_over':
      return 'the time in which they decided for somebody else was over';
    case 'delegated_by_requester':
      return 'they would have decided in the place of the one who asks';
    default:
      return 'the policy did not ask them then';
  }
}

/** The target's own words. */
const answered = (answer: string): string =>
  answer === '' ? '' : ` The target answered: ${esc(cut(answer, ERROR_SHOWN_MAX))}`;
