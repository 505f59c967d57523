-- CreateTable
CREATE TABLE "open_notices" (
    "channel_id" TEXT NOT NULL,
    "ts" TEXT NOT NULL,
    "request_id" TEXT NOT NULL,
    "workspace_id" TEXT NOT NULL,
    "notice" TEXT NOT NULL,
    "shows" TEXT NOT NULL,

    CONSTRAINT "open_notices_pkey" PRIMARY KEY ("channel_id","ts")
);

-- CreateIndex
CREATE INDEX "open_notices_request_id_idx" ON "open_notices"("request_id");

-- AddForeignKey
ALTER TABLE "open_notices" ADD CONSTRAINT "open_notices_request_id_fkey" FOREIGN KEY ("request_id") REFERENCES "requests"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
