//! The preview origins of an instance, as Settings lists them.
