-- A confirmed email address before a session begins, where an instance requires one.

alter table instances add column requires_confirmed_email boolean not null default false;

-- Sign-ups and sign-ins that wait for the code of a mail. Each is bound to one browser and counts once.
create table pending_confirmations (
    id bigint generated always as identity,
    instance_id bigint not null,
    -- SHA-256 of the token in the browser's cookie.
    browser_hash bytea not null,
    -- The account that is signed in to; none for a sign-up, whose account does not exist yet.
    visitor_id bigint,
    -- Where the mail is sent.
    email_address text not null,
    -- What a new account gets besides.
    phone_number text,
    username text,
    first_name text not null default '',
    last_name text not null default '',
    -- That of the new account, or that of the existing one at the moment when it was typed: a password that is changed meanwhile ends it.
    password_hash text not null,
    -- The parameters of the visitor's link, as a query string.
    link text not null,
    -- SHA-256 of the codes that were sent, the newest first; the codes themselves are stored nowhere.
    code_hashes bytea[] not null default '{}',
    created_at timestamptz not null default now(),

    constraint pending_confirmations_pkey primary key (id),
    constraint pending_confirmations_browser_key unique (instance_id, browser_hash),
    constraint pending_confirmations_instance_fkey foreign key (instance_id) references instances (id) on delete cascade,
    constraint pending_confirmations_visitor_fkey foreign key (visitor_id) references visitors (id) on delete cascade,
    constraint pending_confirmations_browser_hash_check check (octet_length(browser_hash) = 32),
    constraint pending_confirmations_email_address_check check (length(email_address) <= 254),
    constraint pending_confirmations_code_hashes_check check (cardinality(code_hashes) <= 10),
    constraint pending_confirmations_link_check check (octet_length(link) <= 65536)
);
create index pending_confirmations_visitor_idx on pending_confirmations (visitor_id);
create index pending_confirmations_created_at_idx on pending_confirmations (created_at);

-- What a mail with such a code is about.
alter table mails
    add column pending_id bigint,
    add constraint mails_pending_fkey foreign key (pending_id) references pending_confirmations (id) on delete cascade;
create index mails_pending_idx on mails (pending_id);
