-- Failed sign-ins of admins, counted by account, network and day. Anybody can cause them, so they are no rows of `changes`: those are kept
-- for good.
--
-- The rows that `changes` has of these kinds stay there and are still shown. Whoever moved them would rewrite a history that nobody may
-- rewrite, and a server of the previous version goes on writing them while it runs.

create table failed_sign_ins (
    -- From the sequence of `changes`, so that both have one order, and a page of the history ends at one number.
    id bigint not null default nextval('changes_id_seq'),
    kind text not null,
    -- The account's key and what it was called then; neither where there is no such account. What was typed is not stored.
    admin_id bigint,
    who text,
    -- An IPv4 address, the first 64 bits of an IPv6 address, `unknown`, or `*` for all that are not listed.
    network text not null,
    attempts bigint not null default 1,
    first_at timestamptz not null default now(),
    last_at timestamptz not null default now(),
    -- The day in UTC. All attempts of a row are in it.
    day date not null generated always as ((first_at at time zone 'UTC')::date) stored,

    constraint failed_sign_ins_pkey primary key (id),
    constraint failed_sign_ins_kind_check check (kind in ('sign_in_failed', 'second_factor_failed')),
    constraint failed_sign_ins_who_check check ((admin_id is null) = (who is null)),
    constraint failed_sign_ins_attempts_check check (attempts >= 1),
    constraint failed_sign_ins_last_at_check check (last_at >= first_at)
);
create unique index failed_sign_ins_key on failed_sign_ins (day, kind, coalesce(admin_id, 0), network);
create index failed_sign_ins_admin_idx on failed_sign_ins (admin_id, id) where admin_id is not null;
