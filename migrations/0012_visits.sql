-- Visits, counted by instance, time and shape: what the policy looks at in a link, and what it decided. No path, query, fragment,
-- address or browser is in here.

create table visits (
    instance_id bigint not null,
    -- Hours become days after a week.
    unit text not null,
    -- The beginning of the hour or day, in UTC.
    starts_at timestamptz not null,
    -- The first 16 bytes of the SHA-256 of flow, source, refused and link.
    shape_hash bytea not null,
    flow text not null,
    -- The source of the target.
    source text not null,
    -- The refused candidates of the link, each as its reason and, after a space, its origin or scheme where it has one.
    refused text[] not null,
    -- The shape of the link as JSON. Null for visits of one flow, source and reasons whose shapes were too many to keep apart.
    link text,
    visits bigint not null,
    first_seen timestamptz not null,
    last_seen timestamptz not null,

    constraint visits_pkey primary key (instance_id, starts_at, unit, shape_hash),
    constraint visits_instance_fkey foreign key (instance_id) references instances (id) on delete cascade,
    constraint visits_unit_check check (unit in ('hour', 'day')),
    constraint visits_shape_hash_check check (octet_length(shape_hash) = 16),
    constraint visits_visits_check check (visits > 0)
);
create index visits_starts_at_idx on visits (starts_at);

-- The last batch of counts that each process has stored, so that a batch whose answer was lost is not added twice.
create table visit_batches (
    process uuid not null,
    batch bigint not null,
    stored_at timestamptz not null default now(),

    constraint visit_batches_pkey primary key (process)
);

-- The refused origins and reasons that an instance's admins don't want to see any more.
create table dismissed_refusals (
    instance_id bigint not null,
    -- As in visits.refused.
    refused text not null,
    dismissed_at timestamptz not null default now(),

    constraint dismissed_refusals_pkey primary key (instance_id, refused),
    constraint dismissed_refusals_instance_fkey foreign key (instance_id) references instances (id) on delete cascade
);

alter table instances add column visits_counted boolean not null default true;

-- The list is read and added to, because another migration may add to it too.
do $$
declare
    kinds text;
begin
    select string_agg(quote_literal(kind), ', ') into kinds from (
        select names[1] as kind from pg_constraint,
            regexp_matches(pg_get_constraintdef(oid), '''([^'']*)''', 'g') as names
        where conname = 'changes_kind_check' and conrelid = 'changes'::regclass
        union
        select unnest(array['refusal_dismissed', 'refusal_shown', 'visits_counted', 'visits_not_counted'])
    ) as all_kinds;
    alter table changes drop constraint changes_kind_check;
    execute format('alter table changes add constraint changes_kind_check check (kind in (%s))', kinds);
end
$$;
