//! Sending mail: where it goes (`smtp_url.rs`), one mail over SMTP (`mailer.rs`), and the loop that sends what waits (`runner.rs`).

mod mailer;
mod runner;
mod smtp_url;
#[cfg(test)]
mod tests;

pub use mailer::Mailer;
pub(crate) use mailer::{SEND_TIMEOUT, SendError};
pub(crate) use runner::{clean_up, run};
