//! The whole HTTP surface, asked as a browser or an application asks it, over a database of each test's own.

#[cfg(test)]
mod activity;
#[cfg(test)]
mod admin_provider;
#[cfg(test)]
mod allow;
#[cfg(test)]
mod api_tokens;
#[cfg(test)]
mod applications;
#[cfg(test)]
mod archive;
#[cfg(test)]
mod assets;
#[cfg(test)]
mod closed_database;
#[cfg(test)]
mod collector;
#[cfg(test)]
mod common;
#[cfg(test)]
mod conflicts;
#[cfg(test)]
mod container;
#[cfg(test)]
mod copy;
#[cfg(test)]
mod create;
#[cfg(test)]
mod defences;
#[cfg(test)]
mod fallbacks;
#[cfg(test)]
mod fast_path;
#[cfg(test)]
mod guard;
#[cfg(test)]
mod history;
#[cfg(test)]
mod hosts;
#[cfg(test)]
mod html;
#[cfg(test)]
mod impact;
#[cfg(test)]
mod invisible;
#[cfg(test)]
mod links;
#[cfg(test)]
mod locked_rows;
#[cfg(test)]
mod log;
#[cfg(test)]
mod mail;
#[cfg(test)]
mod mail_tls;
#[cfg(test)]
mod management;
#[cfg(test)]
mod members;
#[cfg(test)]
mod metrics;
#[cfg(test)]
mod pages;
#[cfg(test)]
mod portal_pages;
#[cfg(test)]
mod portal_paths;
#[cfg(test)]
mod portal_redirects;
#[cfg(test)]
mod portal_resolve;
#[cfg(test)]
mod posts;
#[cfg(test)]
mod preview;
#[cfg(test)]
mod preview_origins;
#[cfg(test)]
mod process;
#[cfg(test)]
mod proxies;
#[cfg(test)]
mod proxy_mistakes;
#[cfg(test)]
mod refresh_after_save;
#[cfg(test)]
mod roles;
#[cfg(test)]
mod runtime;
#[cfg(test)]
mod save_ids;
#[cfg(test)]
mod saving;
mod server_function;
#[cfg(test)]
mod session;
#[cfg(test)]
mod settings;
#[cfg(test)]
mod snippets;
#[cfg(test)]
mod starting;
#[cfg(test)]
mod switch;
#[cfg(test)]
mod traces;
#[cfg(test)]
mod visits;
#[cfg(test)]
mod waiting;

#[cfg(test)]
#[path = "../process/server_process.rs"]
mod server_process;
