-- Runtimes remember for 30 seconds that a visitor is signed in. These triggers tell them which sessions have ended: by a sign-out, a new
-- password, an admin, or the deletion of an account.

create function visitor_sessions_say_their_end() returns trigger language plpgsql as $$
declare
    ids text := (select string_agg(id::text, ' ') from ended);
begin
    if ids is not null then
        -- A notification holds less than 8,000 bytes. `*` stands for all sessions.
        perform pg_notify('portal_redirects_ended_sessions', case when length(ids) < 7000 then ids else '*' end);
    end if;
    return null;
end
$$;
create trigger visitor_sessions_deleted after delete on visitor_sessions referencing old table as ended
    for each statement execute function visitor_sessions_say_their_end();

-- A session that gets a new token has ended for whoever holds the old one.
create function visitor_sessions_say_their_new_token() returns trigger language plpgsql as $$
begin
    perform pg_notify('portal_redirects_ended_sessions', old.id::text);
    return null;
end
$$;
create trigger visitor_sessions_rotated after update of token_hash on visitor_sessions
    for each row when (old.token_hash is distinct from new.token_hash) execute function visitor_sessions_say_their_new_token();
