//! Slack's numbers, in one place. Characters are Unicode scalar values.

use serde_json::Value;

pub const BLOCKS_IN_MESSAGE: usize = 50;
pub const BLOCKS_IN_VIEW: usize = 100;
/// All text in the blocks of one message; undocumented, measured by others at 13,202 to 13,297.
pub const TEXT_IN_BLOCKS: usize = 13_200;
/// What chat.postMessage keeps of `text`.
pub const TEXT_KEPT: usize = 40_000;
/// What chat.update takes.
pub const TEXT_OF_UPDATE: usize = 4_000;
pub const MARKDOWN: usize = 12_000;
/// Undocumented; well above what Slack advises to send.
pub const METADATA: usize = 8_000;
pub const VIEW_BYTES: usize = 250_000;
pub const VIEWS_IN_STACK: usize = 3;
pub const VALIDATE_INPUT: usize = 100_000;
pub const SOCKETS: usize = 10;
pub const RESPONSE_URL_USES: u32 = 5;
pub const RESPONSE_URL_LIVES_MS: i64 = 30 * 60 * 1000;

pub fn count(text: &str) -> usize {
    text.chars().count()
}

/// The characters of every text that these blocks show.
pub fn text_in(blocks: &[Value]) -> usize {
    blocks.iter().map(text_of).sum()
}

fn text_of(value: &Value) -> usize {
    match value {
        Value::Object(object) => object
            .iter()
            .map(
                |(key, inner)| {
                    if key == "text" && inner.is_string() { inner.as_str().map_or(0, count) } else { text_of(inner) }
                },
            )
            .sum(),
        Value::Array(items) => items.iter().map(text_of).sum(),
        _ => 0,
    }
}
