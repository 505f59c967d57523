-- CreateTable
CREATE TABLE "delegations" (
    "workspace_id" TEXT NOT NULL,
    "person_id" TEXT NOT NULL,
    "person" JSONB NOT NULL,
    "to" JSONB,
    "since" TIMESTAMPTZ(3) NOT NULL,
    "until" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "delegations_pkey" PRIMARY KEY ("workspace_id","person_id")
);
