import { z } from 'zod';
import { policyVersion } from '../domain/ids.ts';
import type { Policies, PolicyLoad } from '../usecases/ports.ts';
import type { Database } from './database.ts';
import { throwStoreError } from './errors.ts';
import { jsonText, readRow, storableText, textAs } from './rows.ts';

/** Findings that are kept of one load. */
const KEPT_FINDINGS = 50;

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

export function createPolicies({ single, models }: Pick<Database, 'single' | 'models'>): Policies {
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
    async noteLoad({ version, commit, loadedBy, how, findings }) {
      await single.execute`
        INSERT INTO policy_loads (version, commit, loaded_at, loaded_by, how, outcome, findings)
        VALUES (${version}, ${commit}, clock_timestamp(), ${storableText(loadedBy)}, ${how},
                ${version === null ? 'refused' : 'loaded'}, ${jsonText(findings.slice(0, KEPT_FINDINGS))}::jsonb)`;
    },
    async loads(limit) {
      const rows = await single.query`
        SELECT id::text, version, commit, loaded_at, loaded_by, how, findings FROM policy_loads
        ORDER BY id DESC LIMIT ${limit}`;
      return rows.map((row) => readRow('policy_loads', 'id', loadSchema, row));
    },
  };
}
