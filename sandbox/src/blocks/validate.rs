//! What Slack refuses in blocks and views.

use serde_json::{Value, json};

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Surface {
    Message,
    Modal,
    /// blocks.validate does not say where its blocks will stand.
    Any,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    pub pointer: String,
    pub code: &'static str,
    pub message: String,
    pub constraint: Value,
}

impl Problem {
    pub fn line(&self) -> String {
        format!("[ERROR] {} [json-pointer:{}]", self.message, self.pointer)
    }

    pub fn bare(&self) -> String {
        format!("{} [json-pointer:{}]", self.message, self.pointer)
    }

    pub fn json(&self) -> Value {
        json!({"pointer": self.pointer, "code": self.code, "message": self.message, "constraint": self.constraint})
    }
}

pub fn blocks(_blocks: &[Value], _surface: Surface, _pointer: &str) -> Vec<Problem> {
    Vec::new()
}

pub fn view(_view: &Value, _pointer: &str) -> Vec<Problem> {
    Vec::new()
}
