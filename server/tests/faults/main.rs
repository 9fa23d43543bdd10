//! What holds when processes are killed: the real binary beside a PostgreSQL of the test's own.

#[cfg(test)]
mod saves;

#[cfg(test)]
#[path = "../process/mod.rs"]
mod process;
