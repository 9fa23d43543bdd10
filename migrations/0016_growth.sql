-- Indexes for tables that grow. Saves wait while they are made, about a second for a million changes: a migration is one transaction, in
-- which `create index concurrently` is not allowed. For many more changes, make them concurrently before the upgrade, with these names.

-- New passwords that were asked for, by the account's email address: owners see those of the members.
create index if not exists changes_resets_idx on changes (about, id) where kind = 'reset_issued' and instance_id is null;

-- Days of the history. Rows are stored in the order of time, so a few kilobytes are enough.
create index if not exists changes_at_idx on changes using brin (at) with (autosummarize = on);
