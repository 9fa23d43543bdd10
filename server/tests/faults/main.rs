//! What holds when processes are killed: the real binary beside a PostgreSQL of the test's own.

#[cfg(test)]
mod failover;
#[cfg(test)]
mod links;
#[cfg(test)]
mod minutes;
#[cfg(test)]
mod model;
#[cfg(test)]
mod outages;
#[cfg(test)]
mod random;
#[cfg(test)]
mod reader;
#[cfg(test)]
mod running;
#[cfg(test)]
mod saves;
#[cfg(test)]
mod visits;
#[cfg(test)]
mod writer;

#[cfg(test)]
#[path = "../process/mod.rs"]
mod process;
