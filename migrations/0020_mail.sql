-- Mail: what waits to be sent, codes that visitors get by mail, and links of admins that are sent as well.

-- Mails that wait, and those that could not be sent. A mail that was sent is gone. It says what is to be sent to whom: its text is made when
-- it is sent, with a code or a token that is stored nowhere.
create table mails (
    id bigint generated always as identity,
    -- What it is about.
    kind text not null,
    -- The instance that it is from; none for the dashboard's own.
    instance_id bigint,
    recipient text not null,
    -- The page that its link leads to, with the parameters that redirect, but without a code.
    page text not null default '',
    -- The invitation that it is about.
    link_id bigint,
    -- The organization that it invites to, and the visitor who invites.
    organization_id bigint,
    inviter_id bigint,
    created_at timestamptz not null default now(),
    -- When it is sent next. A runtime that sends it puts that off first, so that no other one sends it too.
    due_at timestamptz not null default now(),
    -- Until when it is tried again.
    give_up_at timestamptz not null,
    attempts integer not null default 0,
    -- What went wrong the last time.
    error text,
    -- When it was given up.
    failed_at timestamptz,

    constraint mails_pkey primary key (id),
    constraint mails_instance_fkey foreign key (instance_id) references instances (id) on delete cascade,
    constraint mails_link_fkey foreign key (link_id) references admin_links (id) on delete cascade,
    constraint mails_organization_fkey foreign key (organization_id) references organizations (id) on delete cascade,
    constraint mails_inviter_fkey foreign key (inviter_id) references visitors (id) on delete cascade,
    constraint mails_kind_check check (kind ~ '^[a-z_]{1,40}$'),
    constraint mails_recipient_check check (length(recipient) <= 254),
    constraint mails_page_check check (length(page) <= 65536),
    constraint mails_attempts_check check (attempts >= 0),
    constraint mails_error_check check (length(error) <= 500)
);
create index mails_due_at_idx on mails (due_at) where failed_at is null;
create index mails_failed_at_idx on mails (failed_at) where failed_at is not null;
create index mails_instance_idx on mails (instance_id, recipient);
create index mails_link_idx on mails (link_id);
create index mails_organization_idx on mails (organization_id);
create index mails_inviter_idx on mails (inviter_id);

-- Whether an account's email address is confirmed, and since when: somebody has used a code that was sent there.
alter table visitors add column email_verified_at timestamptz;

-- Codes that were sent to visitors. One that was used is gone.
create table visitor_codes (
    -- SHA-256; the code itself is stored nowhere.
    code_hash bytea not null,
    visitor_id bigint not null,
    purpose text not null,
    -- Where it was sent.
    email_address text not null,
    expires_at timestamptz not null,

    constraint visitor_codes_pkey primary key (code_hash),
    constraint visitor_codes_visitor_fkey foreign key (visitor_id) references visitors (id) on delete cascade,
    constraint visitor_codes_purpose_check check (purpose in ('reset', 'confirmation')),
    constraint visitor_codes_email_address_check check (length(email_address) <= 254),
    constraint visitor_codes_code_hash_check check (octet_length(code_hash) = 32)
);
create index visitor_codes_visitor_idx on visitor_codes (visitor_id);
create index visitor_codes_expires_at_idx on visitor_codes (expires_at);

-- Invitations to organizations whose mail was sent. One that was used is gone.
create table organization_invitations (
    -- SHA-256; the code itself is stored nowhere.
    code_hash bytea not null,
    organization_id bigint not null,
    -- Who has invited: it ends with their membership.
    inviter_id bigint not null,
    email_address text not null,
    expires_at timestamptz not null,

    constraint organization_invitations_pkey primary key (code_hash),
    constraint organization_invitations_inviter_fkey foreign key (organization_id, inviter_id)
        references organization_members (organization_id, visitor_id) on delete cascade,
    constraint organization_invitations_email_address_check check (length(email_address) <= 254),
    constraint organization_invitations_code_hash_check check (octet_length(code_hash) = 32)
);
create index organization_invitations_inviter_idx on organization_invitations (organization_id, inviter_id);
create index organization_invitations_expires_at_idx on organization_invitations (expires_at);

alter table admin_links
    -- SHA-256 of the token in the mail. The one that was shown works as well.
    add column mail_token_hash bytea,
    -- Whether the admin asked for it on the sign-in page: it keeps the second factor on.
    add column by_mail boolean not null default false,
    add constraint admin_links_mail_token_hash_key unique (mail_token_hash),
    add constraint admin_links_mail_token_hash_check check (octet_length(mail_token_hash) = 32);
