-- AlterTable
ALTER TABLE "effects" ADD COLUMN     "urgency" INTEGER NOT NULL DEFAULT 5;

-- AlterTable
ALTER TABLE "grants" ADD COLUMN     "drift" JSONB,
ADD COLUMN     "entitlement_key" TEXT,
ADD COLUMN     "last_error_kind" TEXT,
ADD COLUMN     "left_behind" JSONB,
ADD COLUMN     "level" JSONB,
ADD COLUMN     "risk" TEXT NOT NULL DEFAULT 'high';

-- CreateTable
CREATE TABLE "target_leases" (
    "key" TEXT NOT NULL,
    "fence" BIGINT NOT NULL,
    "lease_until" TIMESTAMPTZ(3) NOT NULL,
    "unsettled_since" TIMESTAMPTZ(3),

    CONSTRAINT "target_leases_pkey" PRIMARY KEY ("key")
);

-- CreateTable
CREATE TABLE "known_systems" (
    "workspace_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "connector" TEXT NOT NULL,
    "connector_type" TEXT NOT NULL,
    "connection" JSONB NOT NULL,
    "entitlement" JSONB NOT NULL,
    "entitlement_key" TEXT,
    "first_run_at" TIMESTAMPTZ(3),
    "last_run_at" TIMESTAMPTZ(3),
    "last_error" TEXT,
    "holders" INTEGER,

    CONSTRAINT "known_systems_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "drifts" (
    "workspace_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "system" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "connector" TEXT NOT NULL,
    "entitlement" JSONB NOT NULL,
    "access_key" TEXT NOT NULL,
    "subject_id" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "grantor" TEXT NOT NULL,
    "ours" BOOLEAN NOT NULL,
    "level" JSONB,
    "grant_id" TEXT,
    "status" TEXT NOT NULL,
    "first_seen_at" TIMESTAMPTZ(3) NOT NULL,
    "last_seen_at" TIMESTAMPTZ(3) NOT NULL,
    "shown_at" TIMESTAMPTZ(3),
    "until_at" TIMESTAMPTZ(3),
    "owner" TEXT,
    "decided_by" JSONB,
    "last_error" TEXT,

    CONSTRAINT "drifts_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "reconciler_pauses" (
    "workspace_id" TEXT NOT NULL,
    "paused_at" TIMESTAMPTZ(3) NOT NULL,
    "paused_by" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    "until_at" TIMESTAMPTZ(3),

    CONSTRAINT "reconciler_pauses_pkey" PRIMARY KEY ("workspace_id")
);

-- CreateTable
CREATE TABLE "postings" (
    "workspace_id" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "channel_id" TEXT NOT NULL,
    "ts" TEXT NOT NULL,
    "shows" TEXT NOT NULL,
    "times" INTEGER NOT NULL,
    "posted_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "postings_pkey" PRIMARY KEY ("workspace_id","key")
);

-- CreateTable
CREATE TABLE "database_sightings" (
    "id" INTEGER NOT NULL,
    "identity" JSONB NOT NULL,
    "seen_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "database_sightings_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "drifts_standing_idx" ON "drifts"("workspace_id", "system") WHERE (status <> 'closed');

-- CreateIndex
CREATE INDEX "grants_workspace_id_access_key_idx" ON "grants"("workspace_id", "access_key");

-- CreateIndex
CREATE INDEX "grants_open_on_entitlement_idx" ON "grants"("workspace_id", "entitlement_key", "id") WHERE (status <> 'ended');

-- What older rows say in other words.
UPDATE "grants" SET "entitlement_key" = "target"->'resolved'->>'targetIdentity' || '/' || ("target"->'resolved'->>'entitlementId')
WHERE "access_key" IS NOT NULL;
UPDATE "grants" g SET "risk" = r."role"->>'risk' FROM "requests" r WHERE r."id" = g."request_id";
