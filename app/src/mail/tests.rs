//! The outbox and what mails say, with a database.
