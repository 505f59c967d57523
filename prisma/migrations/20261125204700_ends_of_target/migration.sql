-- AlterTable
ALTER TABLE "effects" ADD COLUMN     "target" TEXT;

-- CreateTable
CREATE TABLE "waves" (
    "workspace_id" TEXT NOT NULL,
    "topic" TEXT NOT NULL,
    "number" INTEGER NOT NULL,
    "started_at" TIMESTAMPTZ(3) NOT NULL,
    "latest_at" TIMESTAMPTZ(3) NOT NULL,
    "grants" INTEGER NOT NULL,

    CONSTRAINT "waves_pkey" PRIMARY KEY ("workspace_id","topic")
);

-- CreateIndex
CREATE INDEX "effects_ends_of_target_idx" ON "effects"("target", "urgency", "due_at") WHERE (done_at IS NULL AND kind = 'revoke_grant');
