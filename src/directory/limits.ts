/** Largest answer of an on-call provider that is read: a few hundred people. */
export const ON_CALL_ANSWER_MAX_BYTES = 1_000_000;
/** People on call in one schedule at once; a longer list is a mistake. */
export const ON_CALL_PEOPLE_MAX = 200;
/** Answers that are kept at once; past it everything is asked for again. */
export const KEPT_ANSWERS_MAX = 10_000;
