//! The command `portal-redirects admin` as a process, on a database that is up already.

#[cfg(test)]
mod links;
#[cfg(test)]
mod process;
#[cfg(test)]
mod remove;
