// Preview origins as builds add them. They go straight into the database, with their records, since no page adds any.
import { type At } from "./admins.ts";

/** The n-th of the origins that are added. */
export const preview = (n: number) => `https://my-app-git-${n}-my-team.vercel.app`;

/** Adds so many, of which each ends an hour after the one before; the first one ends after `minutes`. */
export function addPreviews({ server, slug }: At, count: number, minutes = 60): void {
  server.sql(`
    with added as (
      insert into preview_origins (instance_id, origin, expires_at, added_by)
      select i.id, 'https://my-app-git-' || n || '-my-team.vercel.app',
        date_trunc('second', now()) + make_interval(mins => ${minutes}, hours => n - 1), 'owner@example.org'
      from instances i, generate_series(1, ${count}) n where i.slug = '${slug}' order by n
      returning instance_id, origin, expires_at
    ), recorded as (
      insert into changes (kind, instance_id, version, who, about, before, after)
      select 'preview_origin_added', instance_id, 1 + row_number() over (), 'owner@example.org', origin, '{}',
        jsonb_build_object('expires_at', to_char(expires_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'))
      from added
    )
    update instances set version = version + ${count}, updated_at = now() where slug = '${slug}'`);
}
