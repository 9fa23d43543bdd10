-- Work that one runtime does for all of them, such as the target checks. A lease ends by itself if its runtime ends. Unlike a lock of a
-- session, it does not depend on a connection, which a pooler may give to somebody else.
create table leases (
    -- The work.
    name text not null,
    -- A random id that the runtime made when it asked for the work.
    holder uuid not null,
    -- When others may take it over.
    until timestamptz not null,

    constraint leases_pkey primary key (name),
    constraint leases_name_check check (name ~ '^[a-z_]{1,40}$')
);
