//! Checks what the fallback redirects, home URLs and portal origins lead to: hourly, after a save, and when somebody asks. One runtime
//! with a dashboard does it for all.

mod check;
mod hosts;
mod proof;
mod runner;
#[cfg(test)]
mod tests;

pub(crate) use check::check_portal;
pub(crate) use proof::routes as proof_routes;
pub(crate) use runner::run;
