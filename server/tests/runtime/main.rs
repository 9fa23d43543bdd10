//! Processes that serve the portal from memory, over one database each test's own: how they stay fresh, and what they do when the
//! way to PostgreSQL breaks, is slow, or swallows notifications.

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
