-- The second factor of admins: codes of an authenticator app (TOTP, RFC 6238), and recovery codes.

-- Only confirmed ones: the admin has typed one of its codes.
create table admin_second_factors (
    admin_id bigint not null,
    -- The secret, encrypted with a key that is not in the database: XChaCha20-Poly1305, as nonce, ciphertext and tag.
    secret bytea not null,
    -- The time step of the last code that was used: neither it nor an earlier one counts again.
    last_step bigint not null,
    created_at timestamptz not null default now(),

    constraint admin_second_factors_pkey primary key (admin_id),
    constraint admin_second_factors_admin_fkey foreign key (admin_id) references admins (id) on delete cascade,
    constraint admin_second_factors_secret_check check (octet_length(secret) = 60),
    constraint admin_second_factors_last_step_check check (last_step >= 0)
);

-- A second factor that is being set up, in the session that has begun to. It counts for nothing yet, and ends with that session.
create table admin_second_factor_setups (
    session_id bigint not null,
    secret bytea not null,
    created_at timestamptz not null default now(),

    constraint admin_second_factor_setups_pkey primary key (session_id),
    constraint admin_second_factor_setups_session_fkey foreign key (session_id) references admin_sessions (id) on delete cascade,
    constraint admin_second_factor_setups_secret_check check (octet_length(secret) = 60)
);

-- Recovery codes that have not been used. One that has been used is gone.
create table admin_recovery_codes (
    admin_id bigint not null,
    -- SHA-256; the code itself is stored nowhere.
    code_hash bytea not null,

    constraint admin_recovery_codes_pkey primary key (admin_id, code_hash),
    constraint admin_recovery_codes_factor_fkey foreign key (admin_id) references admin_second_factors (admin_id) on delete cascade,
    constraint admin_recovery_codes_code_hash_check check (octet_length(code_hash) = 32)
);

-- Sign-ins whose password was right and whose code is still missing. They are not sessions, and nothing can be asked with them.
create table admin_pending_sign_ins (
    token_hash bytea not null,
    admin_id bigint not null,
    created_at timestamptz not null default now(),

    constraint admin_pending_sign_ins_pkey primary key (token_hash),
    constraint admin_pending_sign_ins_admin_fkey foreign key (admin_id) references admins (id) on delete cascade,
    constraint admin_pending_sign_ins_token_hash_check check (octet_length(token_hash) = 32)
);
create index admin_pending_sign_ins_admin_idx on admin_pending_sign_ins (admin_id);

-- The kinds that there are, and these: other migrations add kinds too, in any order.
do $$
declare
    kinds text;
begin
    select string_agg(quote_literal(kind), ', ') into kinds from (
        select distinct (regexp_matches(pg_get_constraintdef(oid), '''([a-z_]+)''', 'g'))[1] as kind
        from pg_constraint where conname = 'changes_kind_check' and conrelid = 'changes'::regclass
        union
        select unnest(array['second_factor_on', 'second_factor_off', 'second_factor_failed', 'recovery_code_used', 'recovery_codes_made'])
    ) as all_kinds;
    alter table changes drop constraint changes_kind_check;
    execute format('alter table changes add constraint changes_kind_check check (kind in (%s))', kinds);
end
$$;
