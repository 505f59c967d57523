import { type LookupFailure, passes } from '../../domain/policy/lookup.ts';

/** Why somebody could not be looked up, as it stands in brackets. Plain text: it quotes what Slack or a provider answered. */
export function lookupFailure(failure: LookupFailure): string {
  switch (failure.kind) {
    case 'no_manager':
      return 'the requester has no known manager';
    case 'no_group':
      return `there is no group “${failure.group}” in the policy`;
    case 'unanswered':
      return `${failure.group}: ${failure.detail}`;
  }
}

/** What to do about a look-up that failed. An error of Slack or a provider that should last may have come only once all the same. */
export const NEXT = {
  passes: 'Try again in a minute; if it stays like that, tell whoever runs Elevate.',
  lasts:
    'Try once more; if it says the same, tell whoever maintains the policy or runs Elevate: they have to put that right first.',
};

/** What to do about it, and who can. */
export function lookupNext(failure: LookupFailure): string {
  if (passes(failure)) return NEXT.passes;
  switch (failure.kind) {
    case 'no_manager':
      return 'To ask again does not change that: whoever maintains the policy, or the Slack profiles that it reads, can say who the manager is.';
    case 'no_group':
      return 'To ask again does not change that: whoever maintains the policy can name a group that there is.';
    case 'unanswered':
      return NEXT.lasts;
  }
}
