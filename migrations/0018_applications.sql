-- Applications: who may ask who is signed in, the keys that sign the answer, and the OpenID Connect provider of each instance.

alter table instances
    -- Exact origins on the instance's own site, besides that of the home URL.
    add column application_origins text[] not null default '{}',
    -- Whether tokens have the visitor's names and addresses.
    add column names_in_tokens boolean not null default false,
    add constraint instances_application_origins_check
        check (cardinality(application_origins) <= 20 and array_position(application_origins, null) is null);

-- What applications know a visitor and a session by. The keys of the rows would tell how many there are.
alter table visitors
    add column subject uuid not null default gen_random_uuid(),
    add constraint visitors_subject_key unique (subject);
alter table visitor_sessions add column public_id uuid not null default gen_random_uuid();

-- The keys that sign tokens (ES256). The one with the latest past time signs. Each is published before it signs, and until the last
-- token that it has signed has ended.
create table signing_keys (
    instance_id bigint not null,
    -- The thumbprint of the public key (RFC 7638).
    kid text not null,
    -- The point on P-256, uncompressed.
    public_key bytea not null,
    -- PKCS #8, encrypted with a key that is not in the database.
    private_key bytea not null,
    signs_from timestamptz not null,

    constraint signing_keys_pkey primary key (instance_id, kid),
    constraint signing_keys_instance_fkey foreign key (instance_id) references instances (id) on delete cascade,
    constraint signing_keys_kid_check check (kid ~ '^[A-Za-z0-9_-]{43}$'),
    constraint signing_keys_public_key_check check (octet_length(public_key) = 65)
);

-- Programs on other sites, each with a secret.
create table application_clients (
    id bigint generated always as identity,
    instance_id bigint not null,
    client_id text not null,
    name text not null,
    -- SHA-256 of the secret, which is random. The secret itself is stored nowhere.
    secret_hash bytea not null,
    redirect_uris text[] not null,
    created_at timestamptz not null default now(),

    constraint application_clients_pkey primary key (id),
    constraint application_clients_instance_fkey foreign key (instance_id) references instances (id) on delete cascade,
    constraint application_clients_client_id_key unique (client_id),
    constraint application_clients_client_id_check check (client_id ~ '^client_[0-9a-f]{32}$'),
    constraint application_clients_name_check check (length(name) between 1 and 100 and btrim(name) = name),
    constraint application_clients_secret_hash_check check (octet_length(secret_hash) = 32),
    constraint application_clients_redirect_uris_check check (cardinality(redirect_uris) between 1 and 10)
);
create index application_clients_instance_idx on application_clients (instance_id);

-- Authorization requests of applications that wait until their visitor has signed in.
create table pending_authorizations (
    -- SHA-256 of the id in the link.
    id_hash bytea not null,
    -- SHA-256 of the token in the browser's cookie: the link is worth nothing in another browser.
    browser_hash bytea not null,
    instance_id bigint not null,
    client_id text not null,
    redirect_uri text not null,
    scope text not null,
    state text,
    nonce text,
    code_challenge text not null,
    -- A session that began before this is not enough; null if any session is.
    session_since timestamptz,
    created_at timestamptz not null default now(),

    constraint pending_authorizations_pkey primary key (id_hash),
    constraint pending_authorizations_instance_fkey foreign key (instance_id) references instances (id) on delete cascade,
    constraint pending_authorizations_id_hash_check check (octet_length(id_hash) = 32),
    constraint pending_authorizations_browser_hash_check check (octet_length(browser_hash) = 32)
);
create index pending_authorizations_created_at_idx on pending_authorizations (created_at);

-- Authorization codes, and the access token that each was redeemed for. A sign-out ends both.
create table authorization_codes (
    -- SHA-256 of the code.
    code_hash bytea not null,
    session_id bigint not null,
    instance_id bigint not null,
    client_id text not null,
    redirect_uri text not null,
    scope text not null,
    nonce text,
    code_challenge text not null,
    created_at timestamptz not null default now(),
    -- SHA-256 of the access token; null until the code is redeemed.
    access_token_hash bytea,
    redeemed_at timestamptz,

    constraint authorization_codes_pkey primary key (code_hash),
    constraint authorization_codes_session_fkey foreign key (session_id) references visitor_sessions (id) on delete cascade,
    constraint authorization_codes_instance_fkey foreign key (instance_id) references instances (id) on delete cascade,
    constraint authorization_codes_access_token_hash_key unique (access_token_hash),
    constraint authorization_codes_code_hash_check check (octet_length(code_hash) = 32),
    constraint authorization_codes_redeemed_check check ((access_token_hash is null) = (redeemed_at is null))
);
create index authorization_codes_session_idx on authorization_codes (session_id);
create index authorization_codes_created_at_idx on authorization_codes (created_at);

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
        select unnest(array['client_added', 'client_removed', 'client_secret_replaced', 'signing_key_rotated'])
    ) as all_kinds;
    alter table changes drop constraint changes_kind_check;
    execute format('alter table changes add constraint changes_kind_check check (kind in (%s))', kinds);
end
$$;
