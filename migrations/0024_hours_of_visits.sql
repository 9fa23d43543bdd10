-- The hours that become days are found without reading the days, of which there are many more.
create index visits_hours_idx on visits (starts_at) where unit = 'hour';
