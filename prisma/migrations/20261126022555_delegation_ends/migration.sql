-- AlterTable
ALTER TABLE "delegations" ADD COLUMN     "ended_at" TIMESTAMPTZ(3);
