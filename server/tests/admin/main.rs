//! The commands `portal-redirects admin`, `signing-keys` and `doctor` as processes, on a database that is up already.

#[cfg(test)]
mod doctor;
#[cfg(test)]
mod links;
#[cfg(test)]
mod process;
#[cfg(test)]
mod remove;
#[cfg(test)]
mod signing_keys;

#[cfg(test)]
#[path = "../process/run.rs"]
mod run;
