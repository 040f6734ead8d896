//! All words live here: one file per chapter, one function per message.

use serde_json::Value;

use kit::{Doc, line};

pub mod action;
mod words;
mod emoji;
pub mod kit;
pub mod element;
mod pages;
mod receipt;
pub mod prompt;
pub mod answer;
pub mod form;
pub mod digest;
pub mod stuck;
pub mod refusal;
pub mod private;
pub mod trouble;

/// One Slack message of a subject.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// "" is the main message; every other part is a reply in its thread, in this order. A name is stable.
    pub name: String,
    /// Says everything that the blocks say, buttons apart: escaped, to be sent with `parse: none`.
    pub text: String,
    /// An array.
    pub blocks: Value,
}

/// What becomes of a part that was posted once and that its view no longer needs.
pub fn emptied(name: &str) -> Part {
    let mut doc = Doc::new("UTC");
    doc.grey(line().plain("This stands in the message above now."));
    doc.named(name)
}

#[cfg(test)]
mod tests;
