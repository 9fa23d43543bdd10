//! What Portal Redirects is: its terms, its rules, its screens, its queries.

pub mod redirects;
