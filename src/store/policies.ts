import { z } from 'zod';
import { type PolicyVersion, policyVersion } from '../domain/ids.ts';
import type { NewPolicyLoad, Policies, PolicyLoad } from '../usecases/ports.ts';
import type { Database, Db } from './database.ts';
import { throwStoreError } from './errors.ts';
import { jsonText, readRow, storableText, textAs } from './rows.ts';

/** Findings that are kept of one load. */
const KEPT_FINDINGS = 50;
/** Within it the same refusal is that of another process, or of the same files looked at twice. */
const SAME_REFUSAL_SECONDS = 600;

const loadSchema = z
  .object({
    id: z.coerce.string(),
    version: textAs(policyVersion).nullable(),
    commit: z.string().nullable(),
    loaded_at: z.date(),
    loaded_by: z.string(),
    how: z.enum(['start', 'change', 'signal']),
    findings: z.array(z.string()),
  })
  .transform(
    (row): PolicyLoad => ({
      version: row.version,
      commit: row.commit,
      loadedAt: row.loaded_at,
      loadedBy: row.loaded_by,
      how: row.how,
      findings: row.findings,
    }),
  );

export function createPolicies({ single, models, transaction }: Omit<Database, 'close'>): Policies {
  return {
    async keep({ version, canonical, commit }) {
      const count = await single.execute`
        INSERT INTO policy_versions (version, canonical, commit, first_used_at)
        VALUES (${version}, ${canonical}, ${commit}, clock_timestamp()) ON CONFLICT DO NOTHING`;
      return count > 0 ? 'new' : 'known';
    },
    async canonical(version) {
      const row = await models.policyVersion
        .findUnique({ where: { version }, select: { canonical: true } })
        .catch(throwStoreError);
      return row?.canonical ?? null;
    },
    noteLoad: (load) =>
      transaction(async (db) => {
        // One after the other, so that of several processes which load the same policy exactly one is the first.
        await db.execute`SELECT pg_advisory_xact_lock(hashtextextended('policy_loads', 0))`;
        const news = load.version === null ? await isNewRefusal(db, load) : await isAnother(db, load.version);
        return { value: news ? 'news' : 'known', last: () => insert(db, load) };
      }),
    inForce: async () => (await latest(single)) ?? null,
    async loads(limit) {
      const rows = await single.query`
        SELECT id::text, version, commit, loaded_at, loaded_by, how, findings FROM policy_loads
        ORDER BY id DESC LIMIT ${limit}`;
      return rows.map((row) => readRow('policy_loads', 'id', loadSchema, row));
    },
  };
}

async function isAnother(db: Db, version: PolicyVersion): Promise<boolean> {
  const before = await latest(db);
  return before !== undefined && before !== version;
}

async function latest(db: Db): Promise<PolicyVersion | undefined> {
  const [before] = await db.query<{ version: string }>`
    SELECT version FROM policy_loads WHERE version IS NOT NULL ORDER BY id DESC LIMIT 1`;
  return before && policyVersion(before.version);
}

async function isNewRefusal(db: Db, { findings }: NewPolicyLoad): Promise<boolean> {
  const [before] = await db.query<{ same: boolean }>`
    SELECT version IS NULL AND findings = ${keptFindings(findings)}::jsonb
      AND loaded_at > clock_timestamp() - ${SAME_REFUSAL_SECONDS}::float8 * interval '1 second' AS same
    FROM policy_loads ORDER BY id DESC LIMIT 1`;
  return before?.same !== true;
}

const insert = (db: Db, { version, commit, loadedBy, how, findings }: NewPolicyLoad): Promise<number> =>
  db.execute`
    INSERT INTO policy_loads (version, commit, loaded_at, loaded_by, how, outcome, findings)
    VALUES (${version}, ${commit}, clock_timestamp(), ${storableText(loadedBy)}, ${how},
            ${version === null ? 'refused' : 'loaded'}, ${keptFindings(findings)}::jsonb)`;

const keptFindings = (findings: readonly string[]): string => jsonText(findings.slice(0, KEPT_FINDINGS));
