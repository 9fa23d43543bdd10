-- How much visitors have stored today: accounts, organizations, waitlist entries. By the network that they come from, and in all.

create table visitor_quotas (
    instance_id bigint not null,
    kind text not null,
    -- An IPv4 address, the first 64 bits of an IPv6 address, or `*` for all of them.
    network text not null,
    -- The day in UTC that is counted. A new day starts over.
    day date not null,
    used integer not null,

    constraint visitor_quotas_pkey primary key (instance_id, kind, network),
    constraint visitor_quotas_instance_fkey foreign key (instance_id) references instances (id) on delete cascade,
    constraint visitor_quotas_kind_check check (kind in ('account', 'organization', 'waitlist_entry'))
);
create index visitor_quotas_day_idx on visitor_quotas (day);

-- What owners delete on the Visitors page is in the history. The list is read and added to, because another migration may add to it too.
do $$
declare
    kinds text;
begin
    select string_agg(quote_literal(kind), ', ') into kinds from (
        select names[1] as kind from pg_constraint,
            regexp_matches(pg_get_constraintdef(oid), '''([^'']*)''', 'g') as names
        where conname = 'changes_kind_check' and conrelid = 'changes'::regclass
        union
        select unnest(array['visitor_deleted', 'waitlist_entry_deleted'])
    ) as all_kinds;
    alter table changes drop constraint changes_kind_check;
    execute format('alter table changes add constraint changes_kind_check check (kind in (%s))', kinds);
end
$$;
