//! The command `portal-redirects resolve` as a process: standard input and output, the exit code, and the database where asked.

#[cfg(test)]
mod process;
#[cfg(test)]
mod stored;
#[cfg(test)]
mod streams;

#[cfg(test)]
#[path = "../process/run.rs"]
mod run;
