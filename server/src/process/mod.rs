//! The life of the process: subcommands, serving, migrations, shutdown, standard output.

pub(crate) mod admin;
mod failed_sign_ins;
pub(crate) mod file_limit;
pub(crate) mod healthcheck;
pub(crate) mod init;
pub(crate) mod manual;
pub(crate) mod migrations;
mod preview_origins;
pub(crate) mod serve;
pub(crate) mod shutdown;
pub(crate) mod signing_keys;
pub(crate) mod stdout;
