-- The list of instances: the last change first, and what is archived by the time that is left.

create index instances_recent_idx on instances (updated_at desc, id desc) where archived_at is null;
create index instances_archived_idx on instances (archived_at) where archived_at is not null;
