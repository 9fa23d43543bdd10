//! The commands `portal-redirects export`, `diff` and `apply` as processes, on databases that are up already.

#[cfg(test)]
mod files;
#[cfg(test)]
mod over_the_api;
#[cfg(test)]
mod process;
#[cfg(test)]
mod promote;
#[cfg(test)]
mod stops;

#[cfg(test)]
#[path = "../process/server_process.rs"]
mod server_process;

#[cfg(test)]
#[path = "../process/run.rs"]
mod run;
