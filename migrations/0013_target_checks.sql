-- Whether the targets answer: what the fallback redirects, the home URL and the portal origin of each instance lead to.

create table target_checks (
    instance_id bigint not null,
    -- A flow, for its fallback redirect, or `home_url` or `portal_origin`.
    target text not null,
    -- The URL that was checked. It is in the settings as well.
    url text not null,
    -- The outcome, by the program's name for it. Later versions may know more of them.
    state text not null,
    -- The status of the last response, if there was one.
    status smallint,
    milliseconds integer,
    certificate_ends_at timestamptz,
    -- The host of another site that it redirects to.
    redirects_to text,
    checked_at timestamptz not null default clock_timestamp(),
    -- Since when this URL has this outcome.
    state_since timestamptz not null default clock_timestamp(),

    constraint target_checks_pkey primary key (instance_id, target),
    constraint target_checks_instance_fkey foreign key (instance_id) references instances (id) on delete cascade,
    constraint target_checks_target_check check (
        target in ('sign-up', 'sign-in', 'sign-out', 'logo', 'create-organization', 'leave-organization', 'waitlist', 'home_url', 'portal_origin')
    ),
    constraint target_checks_url_check check (octet_length(url) between 1 and 8192),
    constraint target_checks_state_check check (state ~ '^[a-z_]{1,40}$'),
    constraint target_checks_status_check check (status between 100 and 999),
    constraint target_checks_milliseconds_check check (milliseconds >= 0),
    constraint target_checks_redirects_to_check check (length(redirects_to) between 1 and 300)
);

-- When the targets of an instance are checked next.
create table target_check_schedule (
    instance_id bigint not null,
    due_at timestamptz not null,
    -- When somebody has saved the instance or asked for a check. It is done before those that are only due.
    asked_at timestamptz,
    -- When the last check of all its targets was done.
    checked_at timestamptz,

    constraint target_check_schedule_pkey primary key (instance_id),
    constraint target_check_schedule_instance_fkey foreign key (instance_id) references instances (id) on delete cascade
);
create index target_check_schedule_due_at_idx on target_check_schedule (due_at);
create index target_check_schedule_asked_at_idx on target_check_schedule (asked_at) where asked_at is not null;

-- The instances that are there already are checked within the next hour.
insert into target_check_schedule (instance_id, due_at) select id, clock_timestamp() + random() * interval '1 hour' from instances;

-- Every save asks for a check. Servers of the previous version save too, without a privilege on the table: so the owner's role does it.
create function instances_ask_for_checks() returns trigger language plpgsql security definer set search_path from current as $$
begin
    if tg_op = 'INSERT' then
        insert into target_check_schedule (instance_id, due_at, asked_at)
        select n.id, clock_timestamp(), clock_timestamp() from saved n order by n.id
        on conflict (instance_id) do update set asked_at = excluded.asked_at;
    else
        insert into target_check_schedule (instance_id, due_at, asked_at)
        select n.id, clock_timestamp(), clock_timestamp() from saved n join before b on b.id = n.id
        where n.version is distinct from b.version order by n.id
        on conflict (instance_id) do update set asked_at = excluded.asked_at;
    end if;
    return null;
end
$$;
create trigger instances_created_targets after insert on instances
    referencing new table as saved for each statement execute function instances_ask_for_checks();
create trigger instances_saved_targets after update on instances
    referencing old table as before new table as saved for each statement execute function instances_ask_for_checks();

-- A random key that all servers on this database share, and nobody else: with it they prove that a host name leads to one of them.
create table deployment_key (
    is_only boolean not null default true,
    key bytea not null,

    constraint deployment_key_pkey primary key (is_only),
    constraint deployment_key_is_only_check check (is_only),
    constraint deployment_key_key_check check (octet_length(key) = 32)
);
insert into deployment_key (key) values (decode(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex'));
