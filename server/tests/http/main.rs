//! The whole HTTP surface, asked as a browser or an application asks it, over a database of each test's own.

#[cfg(test)]
mod common;
#[cfg(test)]
mod probe;
