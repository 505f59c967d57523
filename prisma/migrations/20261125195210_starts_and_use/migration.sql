-- AlterTable
ALTER TABLE "grants" ADD COLUMN     "ends_by" TIMESTAMPTZ(3),
ADD COLUMN     "offered_seconds" DOUBLE PRECISION,
ADD COLUMN     "start_by" TIMESTAMPTZ(3),
ADD COLUMN     "starts_at" TIMESTAMPTZ(3),
ADD COLUMN     "unused_after_seconds" DOUBLE PRECISION,
ADD COLUMN     "unused_warned_at" TIMESTAMPTZ(3),
ADD COLUMN     "used_at" TIMESTAMPTZ(3);

-- AlterTable
ALTER TABLE "requests" ADD COLUMN     "ends_by" TIMESTAMPTZ(3),
ADD COLUMN     "starts_at" TIMESTAMPTZ(3);
