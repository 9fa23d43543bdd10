-- Instances and their fallback redirects. Every change of either raises the instance's version in the same transaction.

create table instances (
    id bigint generated always as identity,
    slug text not null,
    name text not null,
    environment text not null,
    -- ASCII, lower case: what is compared with a URL's host.
    domain text not null,
    -- What the admin typed, for the screens.
    domain_typed text not null,
    portal_origin text not null,
    home_url text not null,
    allowed_origins text[] not null default '{}',
    version bigint not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),

    constraint instances_pkey primary key (id),
    constraint instances_slug_key unique (slug),
    constraint instances_portal_origin_key unique (portal_origin),
    constraint instances_slug_check check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' and length(slug) <= 63 and slug <> 'new'),
    constraint instances_name_check check (length(name) between 1 and 100 and btrim(name) = name),
    constraint instances_environment_check check (environment in ('development', 'production')),
    constraint instances_domain_check check (domain = lower(domain) and domain ~ '^[!-~]+$' and length(domain) <= 253),
    constraint instances_domain_typed_check check (length(domain_typed) between 1 and 1024),
    constraint instances_portal_origin_check check (portal_origin ~ '^https?://[^/]+$' and length(portal_origin) <= 512),
    constraint instances_home_url_check check (home_url ~ '^https?://[^/]+/' and octet_length(home_url) <= 2048),
    constraint instances_http_check
        check (environment = 'development' or (portal_origin like 'https:%' and home_url like 'https:%')),
    constraint instances_allowed_origins_check
        check (cardinality(allowed_origins) <= 50 and array_position(allowed_origins, null) is null),
    constraint instances_version_check check (version >= 1)
);

create table fallback_redirects (
    instance_id bigint not null,
    flow text not null,
    -- As typed: an absolute URL, or a path that begins with one slash.
    value text not null,

    constraint fallback_redirects_pkey primary key (instance_id, flow),
    constraint fallback_redirects_instance_fkey foreign key (instance_id) references instances (id) on delete cascade,
    constraint fallback_redirects_flow_check check (
        flow in ('sign-up', 'sign-in', 'sign-out', 'logo', 'create-organization', 'leave-organization', 'waitlist')
    ),
    constraint fallback_redirects_value_check
        check (octet_length(value) between 1 and 2048 and (value ~* '^https?://' or (value like '/%' and value not like '//%')))
);
