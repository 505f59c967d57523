-- AlterTable
ALTER TABLE "requests" ADD COLUMN     "waiting" JSONB;
