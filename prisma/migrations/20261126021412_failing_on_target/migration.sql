-- AlterTable
ALTER TABLE "grants" ADD COLUMN     "last_tried_at" TIMESTAMPTZ(3);

-- CreateIndex
CREATE INDEX "grants_revoking_idx" ON "grants"("workspace_id", "end_due_at") WHERE (status = 'revoking');
