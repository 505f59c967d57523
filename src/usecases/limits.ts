/** The shortest time that can be asked for. */
export const MIN_DURATION_SECONDS = 1;
/** How many role names a refusal suggests. */
export const SUGGESTIONS = 3;
/** How many waiting requests are looked through for one person's list. */
export const WAITING_LIMIT = 50;
/** How many people are told of a use of break-glass by direct message; the security channel tells everybody else. */
export const BREAK_GLASS_TOLD_MAX = 50;
/** How many holders of a role are told. */
export const HOLDERS_LIMIT = 50;
/** How many of somebody's earlier requests their Home offers again, and how many are looked through for them. */
export const RECENT_LIMIT = 5;
export const RECENT_LOOKED_AT = 25;
/** How many open grants an admin's Home lists; the rest is counted. */
export const HOME_ALL_LIMIT = 25;
/** How many refused submissions of one person are kept with their facts within an hour; some kilobytes each. */
export const REFUSALS_KEPT_PER_HOUR = 20;
/** How many narrower roles an approver is offered. */
export const NARROWER_LIMIT = 50;
