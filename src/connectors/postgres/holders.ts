import type { HolderPage, HolderSummary } from '../../usecases/ports.ts';
import type { Connection } from './connection.ts';
import { HOLDERS_PAGE } from './limits.ts';
import { roleIdOf } from './resolve.ts';
import type { PostgresEntitlement } from './schema.ts';
import { entitlementIdOf, requireUsable, resolvedFrom } from './target.ts';

type HolderRow = {
  subjectId: string;
  subject: string;
  grantorId: string;
  grantor: string;
  ours: boolean;
  admin: boolean;
  inherit: boolean;
  set: boolean;
};

/** `HolderDigest.bucket` of a member. */
const BUCKET = `get_byte(sha256(convert_to(m.member::text, 'UTF8')), 0)`;

/**
 * In the order of (member, grantor), which no renaming changes. `$3` and `$4` are where the page before ended. A page is one value: a
 * hundred thousand rows would cost several times as much to take in.
 */
const HOLDERS = `
  SELECT coalesce(json_agg(h ORDER BY h."subjectId", h."grantorId"), '[]') AS page FROM (
    SELECT m.member AS "subjectId", u.rolname AS subject, m.grantor AS "grantorId", coalesce(g.rolname::text, m.grantor::text) AS grantor,
           m.grantor = $2::oid AS ours, m.admin_option AS admin, m.inherit_option AS inherit, m.set_option AS set
      FROM pg_auth_members m JOIN pg_roles u ON u.oid = m.member LEFT JOIN pg_roles g ON g.oid = m.grantor
     WHERE m.roleid = $1::oid AND m.member <> $2::oid AND (m.member, m.grantor) > ($3::oid, $4::oid)
       AND ($5::int[] IS NULL OR m.grantor <> $2::oid OR ${BUCKET} = ANY ($5::int[]))
     ORDER BY m.member, m.grantor LIMIT ${HOLDERS_PAGE}) h`;

/** Every direct membership, one entry per grantor. Our own, which is what lets us grant, is left out. `buckets`: see `HolderDigest`. */
export async function holdersOf(
  name: string,
  connection: Connection,
  entitlement: PostgresEntitlement,
  after: string | null,
  buckets: readonly number[] | null,
): Promise<HolderPage> {
  const targetIdentity = requireUsable(name, connection.server);
  const roleId = await roleIdOf(name, connection, entitlement.role);
  const grantorId = connection.server.roleId;
  const [lastMember = '0', lastGrantor = '0'] = after?.split('/') ?? [];
  const position = [roleId, grantorId, lastMember, lastGrantor, buckets];
  const [answer] = await connection.query<{ page: HolderRow[] }>('list holders', HOLDERS, position);
  const rows = answer?.page ?? [];
  const { key: prefix } = resolvedFrom(targetIdentity, { roleId, grantorId, memberId: '' });
  const last = rows.length < HOLDERS_PAGE ? undefined : rows.at(-1);
  return {
    targetIdentity,
    entitlementId: entitlementIdOf({ roleId, grantorId }),
    next: last ? `${last.subjectId}/${last.grantorId}` : null,
    holders: rows.map(({ subjectId, subject, grantor, ours, admin, inherit, set }) => ({
      accessKey: prefix + subjectId,
      subjectId,
      subject,
      grantor,
      ours,
      level: { admin, inherit, set },
    })),
  };
}

type DigestRow = { bucket: number; admin: boolean; inherit: boolean; set: boolean; count: number; digest: string };

/** Those whom `HOLDERS` would tell as ours. */
const SUMMARY = `
  SELECT coalesce(json_agg(d), '[]') AS digests FROM (
    SELECT ${BUCKET} AS bucket, m.admin_option AS admin, m.inherit_option AS inherit, m.set_option AS set, count(*)::int AS count,
           encode(sha256(convert_to(string_agg(m.member::text, E'\\n' ORDER BY m.member::text COLLATE "C"), 'UTF8')), 'hex') AS digest
      FROM pg_auth_members m JOIN pg_roles u ON u.oid = m.member
     WHERE m.roleid = $1::oid AND m.grantor = $2::oid AND m.member <> $2::oid GROUP BY 1, 2, 3, 4) d`;

/** Who holds it by us, nobody named. */
export async function summarize(
  name: string,
  connection: Connection,
  entitlement: PostgresEntitlement,
): Promise<HolderSummary> {
  const targetIdentity = requireUsable(name, connection.server);
  const roleId = await roleIdOf(name, connection, entitlement.role);
  const grantorId = connection.server.roleId;
  const [answer] = await connection.query<{ digests: DigestRow[] }>('count holders', SUMMARY, [roleId, grantorId]);
  return {
    targetIdentity,
    entitlementId: entitlementIdOf({ roleId, grantorId }),
    ours: (answer?.digests ?? []).map(({ bucket, count, digest, ...level }) => ({ bucket, level, count, digest })),
  };
}
