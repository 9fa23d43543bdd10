-- Sign-in at a company's OpenID Connect provider, beside or instead of an instance's own accounts.

create table identity_providers (
    instance_id bigint not null,
    -- As its discovery document says it, to the letter.
    issuer text not null,
    client_id text not null,
    -- Encrypted with a key that is not in the database: XChaCha20-Poly1305, as nonce, ciphertext and tag. Null for a public client.
    client_secret bytea,
    -- Separated by single blanks.
    scopes text not null,
    button_text text not null,
    -- Which claims fill an account, and whether they do so once (`suggest`), at every sign-in (`force`), or not (`ignore`).
    email_claim text not null,
    email_use text not null,
    first_name_claim text not null,
    last_name_claim text not null,
    names_use text not null,
    username_claim text not null,
    username_use text not null,
    -- Whether its addresses count as verified without `email_verified`.
    trusts_email boolean not null,
    -- Whether people without an account get one.
    allows_sign_up boolean not null,
    -- Only people with a verified address in one of these may sign in; anybody, if there is none.
    email_domains text[] not null,
    -- Whether nobody signs in with a password any more.
    replaces_accounts boolean not null,

    constraint identity_providers_pkey primary key (instance_id),
    constraint identity_providers_instance_fkey foreign key (instance_id) references instances (id) on delete cascade,
    constraint identity_providers_issuer_check check (issuer ~ '^https?://[^/?#]+[^?#]*$' and octet_length(issuer) <= 2048),
    constraint identity_providers_client_id_check check (length(client_id) between 1 and 512),
    constraint identity_providers_client_secret_check check (octet_length(client_secret) between 41 and 2088),
    constraint identity_providers_scopes_check check (length(scopes) between 6 and 512),
    constraint identity_providers_button_text_check check (length(button_text) between 1 and 60),
    constraint identity_providers_claims_check check (
        length(email_claim) between 1 and 128 and length(first_name_claim) between 1 and 128
        and length(last_name_claim) between 1 and 128 and length(username_claim) between 1 and 128
    ),
    constraint identity_providers_email_use_check check (email_use in ('ignore', 'suggest', 'force')),
    constraint identity_providers_names_use_check check (names_use in ('ignore', 'suggest', 'force')),
    constraint identity_providers_username_use_check check (username_use in ('ignore', 'suggest', 'force')),
    constraint identity_providers_email_domains_check
        check (cardinality(email_domains) <= 50 and array_position(email_domains, null) is null)
);

-- Who a visitor is at a provider. Visitors are found by issuer and subject only, never by an email address.
create table visitor_identities (
    instance_id bigint not null,
    issuer text not null,
    subject text not null,
    visitor_id bigint not null,
    created_at timestamptz not null default now(),

    constraint visitor_identities_pkey primary key (instance_id, issuer, subject),
    constraint visitor_identities_instance_fkey foreign key (instance_id) references instances (id),
    constraint visitor_identities_visitor_fkey foreign key (visitor_id) references visitors (id) on delete cascade,
    -- With another person of the same provider, two people would share an account.
    constraint visitor_identities_visitor_key unique (visitor_id, issuer),
    constraint visitor_identities_subject_check check (octet_length(subject) between 1 and 255)
);

-- Sign-ins that have begun. Each is bound to one browser and counts once.
create table provider_sign_ins (
    -- SHA-256 of `state`, and of the token in the browser's cookie. Nonce and PKCE verifier are derived from both, and stored nowhere.
    state_hash bytea not null,
    browser_hash bytea not null,
    instance_id bigint not null,
    -- Whom the browser was sent to: the settings may change meanwhile.
    issuer text not null,
    client_id text not null,
    -- The parameters of the visitor's link, as a query string.
    link text not null,
    created_at timestamptz not null default now(),

    constraint provider_sign_ins_pkey primary key (state_hash),
    constraint provider_sign_ins_instance_fkey foreign key (instance_id) references instances (id) on delete cascade,
    constraint provider_sign_ins_state_hash_check check (octet_length(state_hash) = 32),
    constraint provider_sign_ins_browser_hash_check check (octet_length(browser_hash) = 32),
    constraint provider_sign_ins_link_check check (octet_length(link) <= 65536)
);
create index provider_sign_ins_created_at_idx on provider_sign_ins (created_at);
create index provider_sign_ins_instance_idx on provider_sign_ins (instance_id);

-- People whose verified address an account already has. They are asked for its password, which links both.
create table pending_identities (
    browser_hash bytea not null,
    instance_id bigint not null,
    issuer text not null,
    subject text not null,
    -- What the provider's claims say of the person.
    profile jsonb not null,
    link text not null,
    created_at timestamptz not null default now(),

    constraint pending_identities_pkey primary key (instance_id, browser_hash),
    constraint pending_identities_instance_fkey foreign key (instance_id) references instances (id) on delete cascade,
    constraint pending_identities_browser_hash_check check (octet_length(browser_hash) = 32),
    constraint pending_identities_subject_check check (octet_length(subject) between 1 and 255),
    constraint pending_identities_profile_check check (jsonb_typeof(profile) = 'object'),
    constraint pending_identities_link_check check (octet_length(link) <= 65536)
);
create index pending_identities_created_at_idx on pending_identities (created_at);

-- Whether a session has begun at the instance's provider, which then offers to end its own.
alter table visitor_sessions add column by_provider boolean not null default false;

-- The kinds that there are, and these: other migrations add kinds too, in any order.
do $$
declare
    kinds text;
begin
    select string_agg(quote_literal(kind), ', ') into kinds from (
        select distinct (regexp_matches(pg_get_constraintdef(oid), '''([a-z_]+)''', 'g'))[1] as kind
        from pg_constraint where conname = 'changes_kind_check' and conrelid = 'changes'::regclass
        union
        select unnest(array['identity_provider', 'identity_provider_removed'])
    ) as all_kinds;
    alter table changes drop constraint changes_kind_check;
    execute format('alter table changes add constraint changes_kind_check check (kind in (%s))', kinds);
end
$$;

-- Who an admin is at the provider that signs admins in.
create table admin_identities (
    issuer text not null,
    subject text not null,
    admin_id bigint not null,
    created_at timestamptz not null default now(),

    constraint admin_identities_pkey primary key (issuer, subject),
    constraint admin_identities_admin_fkey foreign key (admin_id) references admins (id) on delete cascade,
    constraint admin_identities_admin_key unique (admin_id, issuer),
    constraint admin_identities_subject_check check (octet_length(subject) between 1 and 255)
);

-- Sign-ins of admins that have begun. Each is bound to one browser and counts once.
create table admin_provider_sign_ins (
    state_hash bytea not null,
    browser_hash bytea not null,
    issuer text not null,
    client_id text not null,
    -- The page of the dashboard to open afterwards.
    next text not null,
    created_at timestamptz not null default now(),

    constraint admin_provider_sign_ins_pkey primary key (state_hash),
    constraint admin_provider_sign_ins_state_hash_check check (octet_length(state_hash) = 32),
    constraint admin_provider_sign_ins_browser_hash_check check (octet_length(browser_hash) = 32),
    constraint admin_provider_sign_ins_next_check check (octet_length(next) <= 65536)
);
create index admin_provider_sign_ins_created_at_idx on admin_provider_sign_ins (created_at);

-- Whether the provider has checked a second factor when this session began.
alter table admin_sessions add column second_factor boolean not null default false;
-- What the groups of the provider have given, and therefore can take.
alter table admins add column server_admin_by_provider boolean not null default false;
alter table members add column by_provider boolean not null default false;
