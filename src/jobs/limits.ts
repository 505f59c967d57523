/** Every limit of the jobs, named once. Times in milliseconds unless the name says otherwise. */

/** How far ahead the relay hands work to the queue. What is due later waits in Postgres, however much it is. */
export const HORIZON_MS = 60_000;
/** The relay looks twice per horizon, so that everything is handed on at least half a horizon before it is due. */
export const RELAY_EVERY_MS = HORIZON_MS / 2;
/** A look at the outbox that takes longer than this is followed by a rest, of at most so long. */
export const COSTLY_LOOK_MS = 15;
export const RELAY_RESTS_MS = 500;
/** How many effects are taken from the outbox in one statement. */
export const BATCH = 500;

/** ARCHITECTURE: at the start and every 30 s. A queue that lost everything costs one of these at most. */
export const SWEEP_EVERY_MS = 30_000;
/** Handed on, due for this long and in nobody's hands: the sweep takes it. Shorter than this is a queue at work. */
export const OVERDUE_AFTER_MS = 1_000;
/** One sweep takes at most this many batches; the next takes the rest. */
export const SWEEP_BATCHES = 40;

/** Work in hand is held by a lease in Postgres: what a dead process held is free again after this. */
export const LEASE_SECONDS = 5;
export const RENEW_EVERY_MS = 1_500;
/** An effect that takes longer than this is stopped and tried again. Targets and Slack have far shorter limits of their own. */
export const PERFORM_LIMIT_MS = 120_000;
/** How long a performer may go on after it was told to stop, before its place is given to others. */
export const ABORT_GRACE_MS = 5_000;
/** The text of an error that is kept with an effect. */
export const ERROR_MAX_LENGTH = 500;

/**
 * A job whose effect was in somebody else's hands is looked at once more after this: a dead process holds its lease until then. The
 * same where Postgres did not answer.
 */
export const LOOK_AGAIN_MS = LEASE_SECONDS * 1_000 + 1_000;

/** The queue has this long to take a batch; then this process keeps the time itself. */
export const QUEUE_ADD_LIMIT_MS = 2_000;
/** After a failure the queue is left alone for this long. */
export const QUEUE_PAUSE_MS = 5_000;
/** How many effects this process keeps time for when the queue does not take them. The sweep finds what is beyond it. */
export const LOCAL_MOST = 20_000;

/** How many single ends of access, and how many grants to be made real, this process has in hand on one target at once. */
export const PER_TARGET = 4;
/** More ends than that at once are taken in batches: so many batches at once on one target, of so many ends. */
export const BATCHES_PER_TARGET = 2;
export const ENDS_IN_BATCH = 100;
/** Leases are taken for so many ends in one statement, whose batches follow one another: a claim has to look past all that is done. */
export const ENDS_IN_CLAIM = 500;
/** Where a target takes no batches, fewer are taken at once, since each holds a lease until its turn. */
export const ENDS_WITHOUT_BATCH = 16;
/** How often this process begins something on one target, for a while and after a pause at once; a batch counts as one. */
export const TARGET_STARTS_PER_SECOND = 50;
export const TARGET_STARTS_AT_ONCE = 50;
/** Ends on one target that are due within this belong together; who comes first of them is late by as much at most. */
export const TOGETHER_MS = 50;

/** How long what people see waits at most for the access that is in hand in this process. */
export const SCREEN_YIELDS_MS = 250;
/** For how many effects of access this process keeps a second, exact alarm. A storm of ends goes by the queue alone. */
export const EXACT_MOST = 1_000;
/** How long before its time a single end of access is taken in hand, and how many may be so at once. The rest begins at its time. */
export const EARLY_MS = 250;
export const EARLY_MOST = 3;
/** Less than this before its time there is nothing to prepare any more. */
export const EARLY_LEAST_MS = 30;
/** How long after its time what was prepared is waited for before the usual way begins beside it. */
export const TOO_LATE_MS = 250;
/** How much later the queue's alarm is for what this process keeps an exact one: it is for the case that this process is dead. */
export const BACKUP_AFTER_MS = 500;
/**
 * How many finished effects a process remembers, and for how long: shorter than a sweep, so that even a database that was restored
 * to an earlier state gets its effects performed again.
 */
export const FINISHED_MOST = 5_000;
export const FINISHED_FOR_MS = 20_000;

/** BullMQ's own lock is longer than our lease, so that a job that is delivered again finds the lease free. */
export const BULLMQ_LOCK_MS = 10_000;
export const BULLMQ_STALLED_CHECK_MS = 5_000;
/** How often BullMQ delivers a job again whose worker died. Never the last word: Postgres is. */
export const BULLMQ_STALLED_MOST = 10;
/** How soon a worker asks again after its connection failed. BullMQ's default is 15 s, half of our sweep. */
export const BULLMQ_RETRY_MS = 1_000;

/** How often the database is looked at: which one it is, and what its clock says. */
export const HEARTBEAT_MS = 5_000;

/** A stop lets work in hand finish for this long, then tells it to stop. With the grace and the closing after it, under 25 s. */
export const DRAIN_MS = 15_000;
/** Looks into the outbox that a stop finds under way, and its own last one, have this long. */
export const LAST_LOOK_LIMIT_MS = 2_000;
/** The queue's connections have this long to close in an orderly way. */
export const CLOSE_LIMIT_MS = 3_000;
/** A server that does not answer within this is closed without a word. */
export const CLOSE_PING_LIMIT_MS = 500;
/** A probe of the queue has this long. */
export const PING_LIMIT_MS = 2_000;
