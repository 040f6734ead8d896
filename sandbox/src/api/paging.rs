//! Cursors and limits.

use serde_json::{Value, json};

use super::Refusal;
use super::request::Call;

const PREFIX: &str = "bmV4dDo=";

pub(crate) struct Page {
    pub from: usize,
    pub limit: usize,
}

/// `otherwise` is the limit of a call that names none.
pub(crate) fn read(call: &Call, otherwise: usize, most: usize) -> Result<Page, Refusal> {
    let limit = match call.number("limit") {
        None | Some(Some(0)) => otherwise,
        Some(Some(limit)) => limit.min(most),
        Some(None) => return Err(Refusal::new("invalid_limit")),
    };
    let from = match call.str("cursor") {
        None => 0,
        Some(cursor) => {
            let place = cursor.strip_prefix(PREFIX).and_then(|place| place.parse().ok());
            place.ok_or_else(|| Refusal::new("invalid_cursor"))?
        }
    };
    Ok(Page { from, limit })
}

impl Page {
    /// The items of this page, and the cursor of the next one: empty at the end.
    pub fn cut<T>(&self, items: Vec<T>) -> (Vec<T>, String) {
        let next = self.from + self.limit;
        let cursor = if items.len() > next { cursor(next) } else { String::new() };
        (items.into_iter().skip(self.from).take(self.limit).collect(), cursor)
    }
}

pub(crate) fn cursor(from: usize) -> String {
    format!("{PREFIX}{from}")
}

pub(crate) fn next(cursor: &str) -> Value {
    json!({"next_cursor": cursor})
}
