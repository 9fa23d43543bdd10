-- Allowed origins that expire: the addresses of previews, which a build adds and nobody has to remember to remove.

create table preview_origins (
    instance_id bigint not null,
    -- One origin in ASCII, and no pattern.
    origin text not null,
    -- From this second on, it is not allowed. The row stays for a day: a runtime that reads it then knows that it has expired.
    expires_at timestamptz not null,
    added_at timestamptz not null default now(),
    -- What whoever added it was called then.
    added_by text not null,

    constraint preview_origins_pkey primary key (instance_id, origin),
    constraint preview_origins_instance_fkey foreign key (instance_id) references instances (id) on delete cascade,
    constraint preview_origins_origin_check check (octet_length(origin) between 1 and 512 and strpos(origin, '*') = 0),
    constraint preview_origins_expires_at_check check (expires_at = date_trunc('second', expires_at))
);
create index preview_origins_expires_at_idx on preview_origins (expires_at);

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
        select unnest(array['preview_origin_added', 'preview_origin_removed'])
    ) as all_kinds;
    alter table changes drop constraint changes_kind_check;
    execute format('alter table changes add constraint changes_kind_check check (kind in (%s))', kinds);
end
$$;
