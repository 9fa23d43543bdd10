-- The portal: its visitors, their organizations, its waitlist, and the runtimes that serve it.

alter table instances
    -- Whether there are hosted pages; the API answers either way.
    add column portal_enabled boolean not null default true,
    -- How visitors are recognised.
    add column identity text not null default 'accounts',
    add constraint instances_identity_check check (identity in ('accounts'));

-- With TLS or without, a host is one instance's: else the one could be taken for the other.
create unique index instances_portal_host_key on instances (regexp_replace(portal_origin, '^https?://', ''));

alter table changes drop constraint changes_kind_check;
alter table changes add constraint changes_kind_check check (kind in (
    'created', 'settings', 'redirects', 'restored', 'copied', 'archived', 'unarchived', 'portal_enabled', 'portal_disabled',
    'invited', 'invitation_withdrawn', 'joined', 'role', 'removed',
    'account_created', 'account_removed', 'signed_in', 'sign_in_failed', 'signed_out', 'session_ended',
    'reset_issued', 'password_reset', 'password_changed'
));

-- Whoever raises a version says so to every runtime, in the same transaction: the instance and the version, nothing else.
create function instances_say_their_version() returns trigger language plpgsql as $$
begin
    -- Compared with what runtimes have seen, so it is the time now and not that of the transaction's beginning.
    new.updated_at := clock_timestamp();
    perform pg_notify('portal_redirects_versions', new.id || ' ' || new.version);
    return new;
end
$$;
create trigger instances_version before update on instances
    for each row when (old.version is distinct from new.version) execute function instances_say_their_version();

create table visitors (
    id bigint generated always as identity,
    instance_id bigint not null,
    -- Each in the one form that it is compared in; at least one of them.
    email_address text,
    phone_number text,
    username text,
    first_name text not null default '',
    last_name text not null default '',
    -- Argon2id, as a PHC string.
    password_hash text not null,
    created_at timestamptz not null default now(),

    constraint visitors_pkey primary key (id),
    constraint visitors_instance_fkey foreign key (instance_id) references instances (id),
    constraint visitors_email_address_key unique (instance_id, email_address),
    constraint visitors_phone_number_key unique (instance_id, phone_number),
    constraint visitors_username_key unique (instance_id, username),
    constraint visitors_identifier_check check (num_nonnulls(email_address, phone_number, username) >= 1),
    constraint visitors_email_address_check check (length(email_address) <= 254),
    constraint visitors_phone_number_check check (phone_number ~ '^\+[0-9]{4,15}$'),
    constraint visitors_username_check check (username ~ '^[a-z0-9_.-]{3,64}$'),
    constraint visitors_first_name_check check (length(first_name) <= 100),
    constraint visitors_last_name_check check (length(last_name) <= 100),
    constraint visitors_password_hash_check check (password_hash like '$argon2id$%')
);

create table visitor_sessions (
    id bigint generated always as identity,
    visitor_id bigint not null,
    -- SHA-256 of the token in the cookie; the token itself is stored nowhere.
    token_hash bytea not null,
    created_at timestamptz not null default now(),
    last_seen_at timestamptz not null default now(),
    address text,
    browser text not null default '',

    constraint visitor_sessions_pkey primary key (id),
    constraint visitor_sessions_visitor_fkey foreign key (visitor_id) references visitors (id) on delete cascade,
    constraint visitor_sessions_token_hash_key unique (token_hash),
    constraint visitor_sessions_token_hash_check check (octet_length(token_hash) = 32),
    constraint visitor_sessions_browser_check check (length(browser) <= 256)
);
create index visitor_sessions_visitor_idx on visitor_sessions (visitor_id);
create index visitor_sessions_created_at_idx on visitor_sessions (created_at);

create table organizations (
    id bigint generated always as identity,
    instance_id bigint not null,
    name text not null,
    created_at timestamptz not null default now(),

    constraint organizations_pkey primary key (id),
    constraint organizations_instance_fkey foreign key (instance_id) references instances (id),
    constraint organizations_name_check check (length(name) between 1 and 100 and btrim(name) = name)
);
create index organizations_instance_idx on organizations (instance_id);

create table organization_members (
    organization_id bigint not null,
    visitor_id bigint not null,
    since timestamptz not null default now(),

    constraint organization_members_pkey primary key (organization_id, visitor_id),
    constraint organization_members_organization_fkey foreign key (organization_id) references organizations (id) on delete cascade,
    constraint organization_members_visitor_fkey foreign key (visitor_id) references visitors (id) on delete cascade
);
create index organization_members_visitor_idx on organization_members (visitor_id);

create table waitlist_entries (
    instance_id bigint not null,
    email_address text not null,
    created_at timestamptz not null default now(),

    constraint waitlist_entries_pkey primary key (instance_id, email_address),
    constraint waitlist_entries_instance_fkey foreign key (instance_id) references instances (id),
    constraint waitlist_entries_email_address_check check (length(email_address) <= 254)
);

-- Who serves the portal, and what each has heard of.
create table runtimes (
    id text not null,
    role text not null,
    started_at timestamptz not null default clock_timestamp(),
    seen_at timestamptz not null default clock_timestamp(),
    -- Everything that was committed well before this is served.
    caught_up_at timestamptz,

    constraint runtimes_pkey primary key (id),
    constraint runtimes_role_check check (role in ('all', 'portal'))
);

create table runtime_versions (
    runtime_id text not null,
    instance_id bigint not null,
    -- Nothing older of that instance is served by that runtime.
    version bigint not null,

    constraint runtime_versions_pkey primary key (runtime_id, instance_id),
    constraint runtime_versions_runtime_fkey foreign key (runtime_id) references runtimes (id) on delete cascade,
    constraint runtime_versions_instance_fkey foreign key (instance_id) references instances (id)
);
create index runtime_versions_instance_idx on runtime_versions (instance_id);
