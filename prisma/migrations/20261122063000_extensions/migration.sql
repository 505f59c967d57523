-- AlterTable
ALTER TABLE "grants" ADD COLUMN     "extensions" INTEGER NOT NULL DEFAULT 0;

-- AlterTable
ALTER TABLE "requests" ADD COLUMN     "extension" JSONB;
