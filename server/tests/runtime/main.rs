//! Processes that serve the portal from memory, over one database per test: how they stay up to date, and what they do when the
//! connection to PostgreSQL breaks, is slow, or loses notifications.

#[cfg(test)]
mod broken;
#[cfg(test)]
mod doctor;
#[cfg(test)]
mod ended_sessions;
#[cfg(test)]
mod fresh;
#[cfg(test)]
mod hosts;
#[cfg(test)]
mod loads;
#[cfg(test)]
mod pgbouncer;
#[cfg(test)]
mod pooler;
#[cfg(test)]
#[path = "../process/postgres.rs"]
#[expect(dead_code, reason = "other tests need more of it")]
mod postgres;
#[cfg(test)]
mod process;
#[cfg(test)]
mod proxy;
#[cfg(test)]
mod reports;
#[cfg(test)]
mod restored;
#[cfg(test)]
#[path = "../process/run.rs"]
#[expect(dead_code, reason = "other tests need more of it")]
mod run;
#[cfg(test)]
mod synchronous;
