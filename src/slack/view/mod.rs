//! All words live here: one file per chapter, one function per message.

pub mod action;
