-- AlterTable
ALTER TABLE "requests" ADD COLUMN     "about" TEXT;
