-- Attempts that several runtimes count together: passwords and sign-ups, by account and by address. It may be lost in a crash, as the
-- attempts come back by themselves within minutes. So it needs no write-ahead log.
create unlogged table rate_limits (
    -- SHA-256 of what is limited: neither accounts nor addresses can be read here.
    key bytea not null,
    -- When all attempts will have come back.
    until timestamptz not null,

    constraint rate_limits_pkey primary key (key),
    constraint rate_limits_key_check check (octet_length(key) = 32)
);
create index rate_limits_until_idx on rate_limits (until);
