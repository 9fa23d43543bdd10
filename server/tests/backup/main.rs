//! The commands `portal-redirects backup`, `restore` and `upgrade-database` as processes, on real databases.

#[cfg(test)]
mod contents;
#[cfg(test)]
mod damaged;
#[cfg(test)]
mod earlier;
#[cfg(test)]
mod in_use;
#[cfg(test)]
mod process;
#[cfg(test)]
mod roles;
#[cfg(test)]
mod upgraded;

#[cfg(test)]
#[path = "../process/server_process.rs"]
mod server_process;

#[cfg(test)]
#[path = "../process/run.rs"]
mod run;
