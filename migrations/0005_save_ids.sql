-- A version's number comes again after a backup is restored, or after a standby takes over without the last saves. Each save therefore
-- has a random id as well, and whoever compares two versions compares that.

alter table instances add column save_id uuid not null default gen_random_uuid();

-- Replaces the function of migration 3. Servers of the previous version know nothing of the id: the trigger sets it for them too.
create or replace function instances_say_their_version() returns trigger language plpgsql as $$
begin
    -- Compared with what runtimes have seen, so it is the time now and not that of the transaction's beginning.
    new.updated_at := clock_timestamp();
    new.save_id := gen_random_uuid();
    -- For runtimes of the previous version, which read two numbers and nothing else.
    perform pg_notify('portal_redirects_versions', new.id || ' ' || new.version);
    perform pg_notify('portal_redirects_saves', new.id || ' ' || new.version || ' ' || new.save_id);
    return new;
end
$$;

-- A row that somebody copies back into the table from a backup is a new save too.
create function instances_begin_a_save() returns trigger language plpgsql as $$
begin
    new.updated_at := clock_timestamp();
    new.save_id := gen_random_uuid();
    return new;
end
$$;
create trigger instances_insert before insert on instances for each row execute function instances_begin_a_save();

-- Which database this is: the cluster, its timeline, the database and the table. It changes when a standby takes over and when a backup
-- is restored. Some hosts hide the cluster from this role: then it is the database and the table.
create function database_identity() returns text language plpgsql stable as $$
declare
    tables text := (select d.oid from pg_database d where d.datname = current_database()) || ' ' || 'instances'::regclass::oid;
begin
    return (select s.system_identifier from pg_control_system() s) || ' '
        || case when pg_is_in_recovery() then (select c.timeline_id from pg_control_checkpoint() c)
            -- The first eight digits, in base 16. The control file learns of a new timeline only with the next checkpoint.
            else ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::bigint end
        || ' ' || tables;
exception when others then
    return tables;
end
$$;

-- Which database a runtime had read when it sent its heartbeat: what it reported to another one says nothing here. Servers of the
-- previous version leave it empty.
alter table runtimes add column database_identity text;

-- The save that a runtime serves. Servers of the previous version leave it empty.
alter table runtime_versions add column save_id uuid;
