-- AlterTable
ALTER TABLE "decisions" ADD COLUMN     "on_behalf_of" JSONB;

-- AlterTable
ALTER TABLE "requests" ADD COLUMN     "approvals_from" INTEGER NOT NULL DEFAULT 1,
ADD COLUMN     "counted" JSONB,
ADD COLUMN     "edits" JSONB NOT NULL DEFAULT '[]';
