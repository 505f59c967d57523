-- AlterTable
ALTER TABLE "requests" ADD COLUMN     "break_glass" JSONB;
