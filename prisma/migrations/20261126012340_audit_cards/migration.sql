-- AlterTable: every card until now is one where people decide, and was posted once
ALTER TABLE "cards" DROP CONSTRAINT "cards_pkey",
ADD COLUMN     "line_begun" INTEGER,
ADD COLUMN     "place" TEXT NOT NULL DEFAULT 'decision',
ADD COLUMN     "posted" INTEGER NOT NULL DEFAULT 1,
ADD CONSTRAINT "cards_pkey" PRIMARY KEY ("request_id", "place");
ALTER TABLE "cards" ALTER COLUMN "place" DROP DEFAULT, ALTER COLUMN "posted" DROP DEFAULT;
UPDATE "requests" SET "role" = "role" || '{"auditChannel": null, "unreached": []}';
