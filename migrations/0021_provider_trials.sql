-- A sign-in that an owner tries out: nobody is signed in, and the page at its end shows what the provider has returned. Until the owner
-- follows its link, both hashes are of the token in that link.
alter table provider_sign_ins add column is_trial boolean not null default false;
