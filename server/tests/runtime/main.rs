//! Processes that serve the portal from memory, over one database per test: how they stay up to date, and what they do when the
//! connection to PostgreSQL breaks, is slow, or loses notifications.

#[cfg(test)]
mod broken;
#[cfg(test)]
mod fresh;
#[cfg(test)]
mod loads;
#[cfg(test)]
mod process;
#[cfg(test)]
mod proxy;
#[cfg(test)]
mod reports;
#[cfg(test)]
mod restored;
