-- CreateIndex
CREATE INDEX "requests_review_due_idx" ON "requests"("workspace_id", "created_at") WHERE (break_glass -> 'review' ->> 'status' = 'due');
