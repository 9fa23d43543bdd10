//! The commands `portal-redirects export`, `diff` and `apply` as processes, on databases that are up already.

#[cfg(test)]
mod files;
#[cfg(test)]
mod process;
#[cfg(test)]
mod promote;
#[cfg(test)]
mod stops;
