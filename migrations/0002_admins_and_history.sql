-- Admins, their sessions and one-time links, who may do what with which instance, and the record of every change.

create table admins (
    id bigint generated always as identity,
    -- Lower case, as people are found by it.
    email text not null,
    -- Argon2id, as a PHC string.
    password_hash text not null,
    -- Server-wide: may create instances.
    is_server_admin boolean not null default false,
    created_at timestamptz not null default now(),

    constraint admins_pkey primary key (id),
    constraint admins_email_key unique (email),
    constraint admins_email_check check (length(email) between 3 and 254 and email ~ '^[^[:space:]@]+@[^[:space:]@]+$'),
    constraint admins_password_hash_check check (password_hash like '$argon2id$%')
);

create table admin_sessions (
    id bigint generated always as identity,
    admin_id bigint not null,
    -- SHA-256 of the token in the cookie; the token itself is stored nowhere.
    token_hash bytea not null,
    created_at timestamptz not null default now(),
    last_seen_at timestamptz not null default now(),
    address text,
    browser text not null default '',

    constraint admin_sessions_pkey primary key (id),
    constraint admin_sessions_admin_fkey foreign key (admin_id) references admins (id) on delete cascade,
    constraint admin_sessions_token_hash_key unique (token_hash),
    constraint admin_sessions_token_hash_check check (octet_length(token_hash) = 32),
    constraint admin_sessions_browser_check check (length(browser) <= 256)
);
create index admin_sessions_admin_idx on admin_sessions (admin_id);

-- Browsers that an admin has signed in with before: nobody else's wrong passwords slow these down.
create table admin_devices (
    token_hash bytea not null,
    admin_id bigint not null,
    created_at timestamptz not null default now(),

    constraint admin_devices_pkey primary key (token_hash),
    constraint admin_devices_admin_fkey foreign key (admin_id) references admins (id) on delete cascade,
    constraint admin_devices_token_hash_check check (octet_length(token_hash) = 32)
);
create index admin_devices_admin_idx on admin_devices (admin_id);

create table members (
    instance_id bigint not null,
    admin_id bigint not null,
    role text not null,
    since timestamptz not null default now(),

    constraint members_pkey primary key (instance_id, admin_id),
    constraint members_instance_fkey foreign key (instance_id) references instances (id) on delete cascade,
    constraint members_admin_fkey foreign key (admin_id) references admins (id) on delete cascade,
    constraint members_role_check check (role in ('owner', 'editor', 'viewer'))
);
create index members_admin_idx on members (admin_id);

-- One-time links. A link that has been used is gone.
create table admin_links (
    id bigint generated always as identity,
    kind text not null,
    token_hash bytea not null,
    -- Whom it is for; whoever sets the server up says so themselves.
    email text,
    -- An invitation to one instance.
    instance_id bigint,
    role text,
    -- An invitation from the command line: server-wide admin, and owner of every instance there is.
    server_admin boolean not null default false,
    owner_of_all boolean not null default false,
    created_by text not null,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,

    constraint admin_links_pkey primary key (id),
    constraint admin_links_token_hash_key unique (token_hash),
    constraint admin_links_instance_fkey foreign key (instance_id) references instances (id) on delete cascade,
    constraint admin_links_kind_check check (kind in ('setup', 'invite', 'reset')),
    constraint admin_links_token_hash_check check (octet_length(token_hash) = 32),
    constraint admin_links_email_check check ((kind = 'setup') = (email is null)),
    constraint admin_links_role_check check (role in ('owner', 'editor', 'viewer')),
    constraint admin_links_instance_check check ((instance_id is null) = (role is null) and (instance_id is null or kind = 'invite'))
);
create index admin_links_instance_idx on admin_links (instance_id);

alter table instances add column archived_at timestamptz;

-- Every change, in the transaction that made it: who, when, from where, what it was before and after.
create table changes (
    id bigint generated always as identity,
    at timestamptz not null default clock_timestamp(),
    kind text not null,
    -- The instance, and the version that it has since; neither where an account is concerned.
    instance_id bigint,
    version bigint,
    -- Who did it: the account's key, which may be gone by now, and what it was called then.
    admin_id bigint,
    who text not null,
    address text,
    -- The person, version or instance that it is about, where that is not the one who did it.
    about text,
    -- By the names of form fields; only those that the change touched.
    before jsonb not null default '{}',
    after jsonb not null default '{}',

    constraint changes_pkey primary key (id),
    constraint changes_instance_fkey foreign key (instance_id) references instances (id),
    constraint changes_kind_check check (kind in (
        'created', 'settings', 'redirects', 'restored', 'copied', 'archived', 'unarchived',
        'invited', 'invitation_withdrawn', 'joined', 'role', 'removed',
        'account_created', 'account_removed', 'signed_in', 'sign_in_failed', 'signed_out', 'session_ended',
        'reset_issued', 'password_reset', 'password_changed'
    )),
    constraint changes_version_check check (version is null or (instance_id is not null and version >= 1)),
    constraint changes_before_check check (jsonb_typeof(before) = 'object'),
    constraint changes_after_check check (jsonb_typeof(after) = 'object')
);
create unique index changes_version_idx on changes (instance_id, version) where version is not null;
create index changes_instance_idx on changes (instance_id, id);
create index changes_admin_idx on changes (admin_id, id) where instance_id is null;

create function changes_are_append_only() returns trigger language plpgsql as $$
begin
    raise exception 'changes are append-only' using errcode = 'restrict_violation';
end
$$;
create trigger changes_append_only before update or delete or truncate on changes
    for each statement execute function changes_are_append_only();

-- What is there has a first version to go back to.
insert into changes (kind, instance_id, version, who) select 'created', id, version, 'an earlier version' from instances;
