//! The commands `portal-redirects backup` and `restore` as processes, on real databases.

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
