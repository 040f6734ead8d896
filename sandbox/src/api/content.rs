//! What a message is made of, checked as Slack checks it.

use serde_json::{Value, json};

use super::Refusal;
use super::request::Call;
use crate::blocks::validate::{self, Surface};
use crate::blocks::{limits, normal};
use crate::state::State;

pub(crate) struct Content {
    pub text: String,
    pub blocks: Vec<Value>,
    /// Left out: None. `{}`: an empty object, which takes it away on an update.
    pub metadata: Option<Value>,
    /// Bare names such as @here are looked for in the text.
    pub link_names: bool,
}

pub(crate) fn read(state: &mut State, call: &Call) -> Result<Content, Refusal> {
    let mut text = call.args.get("text").and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut blocks = read_blocks(call)?;
    if let Some(markdown) = call.str("markdown_text") {
        if !text.is_empty() || !blocks.is_empty() {
            return Err(Refusal::new("markdown_text_conflict"));
        }
        if limits::count(markdown) > limits::MARKDOWN {
            return Err(Refusal::new("msg_too_long"));
        }
        text = markdown.to_owned();
        blocks = vec![json!({"type": "markdown", "text": markdown})];
    }
    if text.trim().is_empty() && blocks.is_empty() {
        return Err(Refusal::new("no_text"));
    }
    if limits::count(&text) > limits::TEXT_KEPT {
        text = text.chars().take(limits::TEXT_KEPT).collect();
    }
    normal::normalise(&mut blocks, &mut || state.short_id());
    let link_names = call.flag("link_names") || call.str("parse") == Some("full");
    Ok(Content { text, blocks, metadata: read_metadata(call)?, link_names })
}

fn read_blocks(call: &Call) -> Result<Vec<Value>, Refusal> {
    let blocks = match call.json("blocks") {
        Ok(None) => return Ok(Vec::new()),
        Ok(Some(Value::Array(blocks))) => blocks,
        _ => return Err(Refusal::new("invalid_blocks_format")),
    };
    let problems = validate::blocks(&blocks, Surface::Message, "/blocks");
    if !problems.is_empty() {
        let lines: Vec<String> = problems.iter().map(validate::Problem::line).collect();
        let bare: Vec<String> = problems.iter().map(validate::Problem::bare).collect();
        let extra = json!({"errors": bare, "response_metadata": {"messages": lines}});
        return Err(Refusal::with("invalid_blocks", extra));
    }
    if limits::text_in(&blocks) > limits::TEXT_IN_BLOCKS {
        return Err(Refusal::new("msg_blocks_too_long"));
    }
    Ok(blocks)
}

fn read_metadata(call: &Call) -> Result<Option<Value>, Refusal> {
    let metadata = match call.json("metadata") {
        Ok(None) => return Ok(None),
        Ok(Some(metadata)) => metadata,
        Err(()) => return Err(Refusal::new("invalid_metadata_format")),
    };
    let whole = metadata["event_type"].is_string() && metadata["event_payload"].is_object();
    if !whole && metadata != json!({}) {
        return Err(Refusal::new("invalid_metadata_format"));
    }
    if metadata.to_string().len() > limits::METADATA {
        return Err(Refusal::new("metadata_too_large"));
    }
    Ok(Some(metadata))
}
