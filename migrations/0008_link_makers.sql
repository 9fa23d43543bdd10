-- Who made a link. An invitation is valid only while its maker may make it, and goes with the maker's account. The previous version of
-- the server writes only the name, so an invitation without a key is held against the account of that name.
alter table admin_links add column created_by_admin bigint;
alter table admin_links add constraint admin_links_created_by_fkey foreign key (created_by_admin) references admins (id) on delete cascade;
create index admin_links_created_by_idx on admin_links (created_by_admin);

update admin_links l set created_by_admin = a.id from admins a where l.instance_id is not null and a.email = l.created_by;
