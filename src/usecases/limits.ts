/** The shortest time that can be asked for. */
export const MIN_DURATION_SECONDS = 1;
/** How many role names a refusal suggests. */
export const SUGGESTIONS = 3;
/** How many waiting requests are looked through for one person's list, oldest first. */
export const WAITING_LIMIT = 1_000;
/** How many of them are read at a time. */
export const WAITING_CHUNK = 100;
/** How many requests that wait for somebody a command counts; beyond that it says that there are more. */
export const WAITING_COUNTED = 100;
/** How far behind its page a Home counts them. */
export const HOME_COUNTED_AHEAD = 25;
/** How many people are told of one escalation by direct message; the thread mentions the group. */
export const ESCALATION_TOLD_MAX = 20;
/** How many holders of a role are told. */
export const HOLDERS_LIMIT = 50;
/** How many roles that somebody asked for last stand on top of the form's search, and how many requests are looked through for them. */
export const RECENTS = 5;
export const RECENTS_LOOKED_AT = 25;
/** Rows of one page of a list on a Home, which takes 100 blocks in all; of all access, which takes a line each. */
export const HOME_ROWS = 5;
export const HOME_ALL_ROWS = 25;
/** How many due reviews are looked through for one person. */
export const DUE_REVIEWS_LIMIT = 200;
/** How many refused submissions of one person are kept with their facts within an hour; some kilobytes each. */
export const REFUSALS_KEPT_PER_HOUR = 20;
/** How many narrower roles an approver is offered. */
export const NARROWER_LIMIT = 50;
/** Requests that changed in other processes between two looks, and are told to the Homes one by one. With more, every Home is drawn anew. */
export const FOLLOWED_REQUESTS = 50;
