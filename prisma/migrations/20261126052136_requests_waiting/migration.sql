-- CreateIndex
CREATE INDEX "requests_waiting_idx" ON "requests"("workspace_id", "created_at", "id") WHERE (status = 'pending');
