-- CreateTable
CREATE TABLE "policy_loads" (
    "id" BIGSERIAL NOT NULL,
    "version" TEXT,
    "commit" TEXT,
    "loaded_at" TIMESTAMPTZ(3) NOT NULL,
    "loaded_by" TEXT NOT NULL,
    "how" TEXT NOT NULL,
    "outcome" TEXT NOT NULL,
    "findings" JSONB NOT NULL,

    CONSTRAINT "policy_loads_pkey" PRIMARY KEY ("id")
);
