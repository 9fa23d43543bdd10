-- API tokens: what programs sign in with. A token never does more than its maker may do at that moment, so it goes with their account.

create table api_tokens (
    id bigint generated always as identity,
    -- What its maker calls it.
    name text not null,
    -- SHA-256 of the token, which is shown once and stored nowhere.
    token_hash bytea not null,
    scope text not null,
    -- Of preview origins: the hosts that the token may add and remove.
    host_pattern text,
    -- The instance that it is for; null for every instance that its maker is a member of.
    instance_id bigint,
    maker_id bigint not null,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    revoked_at timestamptz,
    -- The last use, to the minute, and the address it came from.
    last_used_at timestamptz,
    last_address text,

    constraint api_tokens_pkey primary key (id),
    constraint api_tokens_token_hash_key unique (token_hash),
    constraint api_tokens_instance_fkey foreign key (instance_id) references instances (id) on delete cascade,
    constraint api_tokens_maker_fkey foreign key (maker_id) references admins (id) on delete cascade,
    constraint api_tokens_name_check check (length(name) between 1 and 100),
    constraint api_tokens_token_hash_check check (octet_length(token_hash) = 32),
    constraint api_tokens_scope_check check (scope in ('read', 'redirects', 'settings', 'preview-origins')),
    constraint api_tokens_host_pattern_check check ((scope = 'preview-origins') = (host_pattern is not null) and length(host_pattern) <= 253)
);
create index api_tokens_instance_idx on api_tokens (instance_id);
create index api_tokens_maker_idx on api_tokens (maker_id);

-- The name of the token that a change was made with.
alter table changes add column api_token text;

-- What was created with an idempotency key, so that a request that is sent again does not create it again.
create table idempotency_keys (
    -- SHA-256 of the token's key and the idempotency key.
    key_hash bytea not null,
    -- SHA-256 of the request: another one with the same key is a mistake.
    request_hash bytea not null,
    -- What was created, as its slug.
    created text not null,
    at timestamptz not null default now(),

    constraint idempotency_keys_pkey primary key (key_hash),
    constraint idempotency_keys_key_hash_check check (octet_length(key_hash) = 32),
    constraint idempotency_keys_request_hash_check check (octet_length(request_hash) = 32)
);
create index idempotency_keys_at_idx on idempotency_keys (at);

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
        select unnest(array['api_token_issued', 'api_token_revoked'])
    ) as all_kinds;
    alter table changes drop constraint changes_kind_check;
    execute format('alter table changes add constraint changes_kind_check check (kind in (%s))', kinds);
end
$$;
