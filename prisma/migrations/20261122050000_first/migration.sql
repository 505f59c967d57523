-- CreateTable
CREATE TABLE "requests" (
    "id" TEXT NOT NULL,
    "workspace_id" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "revision" INTEGER NOT NULL,
    "origin" TEXT NOT NULL,
    "requester_id" TEXT NOT NULL,
    "requester" JSONB NOT NULL,
    "role_key" TEXT NOT NULL,
    "role" JSONB NOT NULL,
    "duration_seconds" DOUBLE PRECISION NOT NULL,
    "reason" TEXT NOT NULL,
    "ticket" TEXT,
    "policy_version" TEXT NOT NULL,
    "policy_decision" JSONB NOT NULL,
    "facts" JSONB NOT NULL,
    "stages" JSONB NOT NULL,
    "status" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "closed_at" TIMESTAMPTZ(3),
    "closed_by" JSONB,
    "closed_reason" TEXT,

    CONSTRAINT "requests_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "decisions" (
    "request_id" TEXT NOT NULL,
    "position" INTEGER NOT NULL,
    "workspace_id" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "decider_id" TEXT NOT NULL,
    "by" JSONB NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "revision" INTEGER NOT NULL,
    "stage" INTEGER,
    "via" TEXT NOT NULL,
    "reason" TEXT,

    CONSTRAINT "decisions_pkey" PRIMARY KEY ("request_id","position")
);

-- CreateTable
CREATE TABLE "grants" (
    "id" TEXT NOT NULL,
    "workspace_id" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "request_id" TEXT NOT NULL,
    "holder_id" TEXT NOT NULL,
    "holder" JSONB NOT NULL,
    "role_key" TEXT NOT NULL,
    "target" JSONB NOT NULL,
    "access_key" TEXT,
    "status" TEXT NOT NULL,
    "duration_seconds" DOUBLE PRECISION NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "must_end_by" TIMESTAMPTZ(3) NOT NULL,
    "provision_by" TIMESTAMPTZ(3) NOT NULL,
    "activated_at" TIMESTAMPTZ(3),
    "ends_at" TIMESTAMPTZ(3),
    "ended_because" TEXT,
    "end_reason" TEXT,
    "end_requested_by" JSONB,
    "end_due_at" TIMESTAMPTZ(3),
    "ended_at" TIMESTAMPTZ(3),
    "attempts" INTEGER NOT NULL,
    "last_error" TEXT,

    CONSTRAINT "grants_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "effects" (
    "key" TEXT NOT NULL,
    "workspace_id" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "payload" JSONB NOT NULL,
    "due_at" TIMESTAMPTZ(3) NOT NULL,
    "generation" INTEGER NOT NULL,
    "attempts" INTEGER NOT NULL,
    "last_error" TEXT,
    "handed_on_at" TIMESTAMPTZ(3),
    "handed_offset_ms" BIGINT,
    "lease_owner" TEXT,
    "lease_until" TIMESTAMPTZ(3),
    "done_at" TIMESTAMPTZ(3),

    CONSTRAINT "effects_pkey" PRIMARY KEY ("key")
);

-- CreateTable
CREATE TABLE "audit_events" (
    "workspace_id" TEXT NOT NULL,
    "sequence" INTEGER NOT NULL,
    "kind" TEXT NOT NULL,
    "data" JSONB NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "actor" JSONB NOT NULL,
    "request_id" TEXT,
    "grant_id" TEXT,
    "previous_hash" TEXT NOT NULL,
    "hash" TEXT NOT NULL,

    CONSTRAINT "audit_events_pkey" PRIMARY KEY ("workspace_id","sequence")
);

-- CreateTable
CREATE TABLE "audit_chain_heads" (
    "workspace_id" TEXT NOT NULL,
    "sequence" INTEGER NOT NULL,
    "hash" TEXT NOT NULL,

    CONSTRAINT "audit_chain_heads_pkey" PRIMARY KEY ("workspace_id")
);

-- CreateTable
CREATE TABLE "policy_versions" (
    "version" TEXT NOT NULL,
    "canonical" TEXT NOT NULL,
    "commit" TEXT,
    "first_used_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "policy_versions_pkey" PRIMARY KEY ("version")
);

-- CreateTable
CREATE TABLE "people" (
    "workspace_id" TEXT NOT NULL,
    "slack_user_id" TEXT NOT NULL,
    "email" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "first_seen_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "people_pkey" PRIMARY KEY ("workspace_id","slack_user_id")
);

-- CreateTable
CREATE TABLE "cards" (
    "request_id" TEXT NOT NULL,
    "workspace_id" TEXT NOT NULL,
    "channel_id" TEXT,
    "ts" TEXT,
    "shows" TEXT,
    "lines_posted" INTEGER NOT NULL,

    CONSTRAINT "cards_pkey" PRIMARY KEY ("request_id")
);

-- CreateTable
CREATE TABLE "access_notes" (
    "workspace_id" TEXT NOT NULL,
    "access_key" TEXT NOT NULL,
    "before" JSONB NOT NULL,
    "noted_at" TIMESTAMPTZ(3) NOT NULL,
    "noted_for" TEXT NOT NULL,

    CONSTRAINT "access_notes_pkey" PRIMARY KEY ("workspace_id","access_key")
);

-- CreateIndex
CREATE INDEX "requests_workspace_id_requester_id_created_at_idx" ON "requests"("workspace_id", "requester_id", "created_at");

-- CreateIndex
CREATE INDEX "requests_pending_idx" ON "requests"("workspace_id", "expires_at") WHERE (status = 'pending');

-- CreateIndex
CREATE UNIQUE INDEX "requests_workspace_id_origin_key" ON "requests"("workspace_id", "origin");

-- CreateIndex
CREATE INDEX "decisions_workspace_id_decider_id_at_idx" ON "decisions"("workspace_id", "decider_id", "at");

-- CreateIndex
CREATE UNIQUE INDEX "grants_request_id_key" ON "grants"("request_id");

-- CreateIndex
CREATE INDEX "grants_workspace_id_holder_id_created_at_idx" ON "grants"("workspace_id", "holder_id", "created_at");

-- CreateIndex
CREATE INDEX "grants_workspace_id_holder_id_ended_at_idx" ON "grants"("workspace_id", "holder_id", "ended_at");

-- CreateIndex
CREATE INDEX "grants_open_of_holder_idx" ON "grants"("workspace_id", "holder_id") WHERE (status <> 'ended');

-- CreateIndex
CREATE INDEX "grants_open_on_access_idx" ON "grants"("workspace_id", "access_key") WHERE (status <> 'ended');

-- CreateIndex
CREATE INDEX "effects_pending_idx" ON "effects"("due_at") WHERE (done_at IS NULL);

-- CreateIndex
CREATE INDEX "audit_events_request_id_sequence_idx" ON "audit_events"("request_id", "sequence");

-- CreateIndex
CREATE INDEX "audit_events_workspace_id_at_idx" ON "audit_events"("workspace_id", "at");

-- CreateIndex
CREATE UNIQUE INDEX "people_workspace_id_email_key" ON "people"("workspace_id", "email");

-- AddForeignKey
ALTER TABLE "decisions" ADD CONSTRAINT "decisions_request_id_fkey" FOREIGN KEY ("request_id") REFERENCES "requests"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "grants" ADD CONSTRAINT "grants_request_id_fkey" FOREIGN KEY ("request_id") REFERENCES "requests"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "cards" ADD CONSTRAINT "cards_request_id_fkey" FOREIGN KEY ("request_id") REFERENCES "requests"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- The audit is append-only for everybody who speaks to this database. ENABLE ALWAYS holds for replication sessions too.
CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'Audit events are append-only: % is refused', TG_OP
        USING ERRCODE = 'insufficient_privilege', HINT = 'Write a new event that corrects the old one.';
END
$$;

CREATE TRIGGER audit_events_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON "audit_events"
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();

ALTER TABLE "audit_events" ENABLE ALWAYS TRIGGER audit_events_append_only;
