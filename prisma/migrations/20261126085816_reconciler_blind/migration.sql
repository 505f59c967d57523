-- AlterTable
ALTER TABLE "known_systems" ADD COLUMN     "failing_since" TIMESTAMPTZ(3),
ADD COLUMN     "told_at" TIMESTAMPTZ(3);
