//! Walks blocks and views along the tables, and says what Slack would refuse, where and why.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::limits::{count, text_in};
use super::tables::{self, Field, Rule, Shape};
use super::values;

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Surface {
    Message,
    Modal,
    /// blocks.validate does not say where its blocks will stand.
    Any,
}

impl Surface {
    fn takes(self, shape: &Shape) -> bool {
        match self {
            Surface::Message => shape.in_message,
            Surface::Modal => shape.in_modal,
            Surface::Any => true,
        }
    }

    fn most(self) -> usize {
        if self == Surface::Message { tables::BLOCKS_MOST.0 } else { tables::BLOCKS_MOST.1 }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    pub pointer: String,
    pub code: &'static str,
    pub message: String,
    pub constraint: Value,
}

impl Problem {
    /// As in `response_metadata.messages`.
    pub fn line(&self) -> String {
        format!("[ERROR] {} [json-pointer:{}]", self.message, self.pointer)
    }

    /// As in the `errors` of chat.postMessage.
    pub fn bare(&self) -> String {
        format!("{} [json-pointer:{}]", self.message, self.pointer)
    }

    /// As in the `errors` of blocks.validate.
    pub fn json(&self) -> Value {
        json!({"pointer": self.pointer, "code": self.code, "message": self.message, "constraint": self.constraint})
    }
}

pub fn blocks(blocks: &[Value], surface: Surface, pointer: &str) -> Vec<Problem> {
    let mut walk = Walk { surface, found: Vec::new() };
    walk.blocks(blocks, pointer);
    walk.found
}

pub fn view(view: &Value, pointer: &str) -> Vec<Problem> {
    let mut walk = Walk { surface: Surface::Modal, found: Vec::new() };
    let Some(object) = view.as_object() else {
        walk.wrong(pointer, "type", "must provide an object".to_owned(), json!("object"));
        return walk.found;
    };
    if view["type"] != "modal" {
        walk.wrong(
            &format!("{pointer}/type"),
            "enum",
            format!("unsupported type: {}", word(&view["type"])),
            json!(["modal"]),
        );
        return walk.found;
    }
    walk.fields(object, tables::VIEW, pointer, &["type", "blocks"]);
    match view["blocks"].as_array() {
        Some(blocks) => walk.blocks(blocks, &format!("{pointer}/blocks")),
        None => walk.missing(pointer, "blocks"),
    }
    let inputs = view["blocks"].as_array().into_iter().flatten().any(|block| block["type"] == "input");
    if inputs && view["submit"].is_null() {
        walk.missing(pointer, "submit");
    }
    walk.found
}

fn word(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

struct Walk {
    surface: Surface,
    found: Vec<Problem>,
}

impl Walk {
    fn wrong(&mut self, pointer: &str, kind: &str, message: String, expected: Value) {
        let constraint = json!({"type": kind, "expected": expected});
        self.found.push(Problem { pointer: pointer.to_owned(), code: "failed_constraint", message, constraint });
    }

    fn missing(&mut self, pointer: &str, name: &str) {
        let message = format!("missing required field: {name}");
        self.found.push(Problem {
            pointer: pointer.to_owned(),
            code: "missing_field",
            message,
            constraint: json!({"type": "required", "expected": name}),
        });
    }

    fn blocks(&mut self, blocks: &[Value], pointer: &str) {
        let most = self.surface.most();
        if blocks.len() > most {
            self.wrong(pointer, "max_items", format!("no more than {most} items allowed"), json!(most));
        }
        let mut ids = BTreeSet::new();
        let mut tables = 0;
        for (at, block) in blocks.iter().enumerate() {
            let pointer = format!("{pointer}/{at}");
            self.one(block, tables::BLOCKS, None, &pointer);
            if let Some(id) = block["block_id"].as_str() {
                self.length(id, 1, 255, &format!("{pointer}/block_id"));
                if !ids.insert(id) {
                    self.wrong(
                        &format!("{pointer}/block_id"),
                        "unique",
                        format!("block_id {id:?} already exists"),
                        Value::Null,
                    );
                }
            }
            tables += usize::from(block["type"] == "table");
            self.unique_actions(block, &pointer);
        }
        if tables > 1 {
            self.wrong(pointer, "max_items", "only_one_table_allowed".to_owned(), json!(1));
        }
        let markdown: Vec<Value> = blocks.iter().filter(|block| block["type"] == "markdown").cloned().collect();
        if markdown.len() > 1 && text_in(&markdown) > super::limits::MARKDOWN {
            let message =
                format!("must be less than {} characters in all markdown blocks", super::limits::MARKDOWN + 1);
            self.wrong(pointer, "max_length", message, json!(super::limits::MARKDOWN));
        }
    }

    fn unique_actions(&mut self, block: &Value, pointer: &str) {
        let mut ids = BTreeSet::new();
        for (at, found) in values::elements(std::slice::from_ref(block)).enumerate() {
            if !ids.insert(found.action_id().to_owned()) {
                let message = format!("action_id {:?} already exists in this block", found.action_id());
                self.wrong(&format!("{pointer}/elements/{at}/action_id"), "unique", message, Value::Null);
            }
        }
    }

    /// A block, an element or a part: found by its type in a table, and allowed at this place.
    fn one(&mut self, value: &Value, table: &'static [Shape], allowed: Option<&[&str]>, pointer: &str) {
        let Some(object) = value.as_object() else {
            return self.wrong(pointer, "type", "must provide an object".to_owned(), json!("object"));
        };
        let kind = value["type"].as_str().unwrap_or_default();
        if value["type"].is_null() {
            return self.missing(pointer, "type");
        }
        let surface = self.surface;
        let fits = |shape: &&Shape| {
            shape.kind == kind && surface.takes(shape) && allowed.is_none_or(|allowed| allowed.contains(&kind))
        };
        let Some(shape) = table.iter().find(fits) else {
            let offered = table.iter().filter(|shape| surface.takes(shape)).map(|shape| shape.kind);
            let expected: Vec<&str> = match allowed {
                Some(allowed) => allowed.to_vec(),
                None => offered.collect(),
            };
            return self.wrong(
                &format!("{pointer}/type"),
                "enum",
                format!("unsupported type: {kind}"),
                json!(expected),
            );
        };
        let in_blocks: &[&str] = if std::ptr::eq(table, tables::BLOCKS) { &["type", "block_id"] } else { &["type"] };
        self.fields(object, shape.fields, pointer, in_blocks);
        if !shape.one_of.is_empty() && !shape.one_of.iter().any(|name| object.contains_key(*name)) {
            self.missing(pointer, &shape.one_of.join(" or "));
        }
    }

    fn fields(&mut self, object: &Map<String, Value>, fields: &'static [Field], pointer: &str, also: &[&str]) {
        for field in fields {
            match object.get(field.name) {
                None if field.needed => self.missing(pointer, field.name),
                None => {}
                Some(value) => self.rule(value, field.rule, object, &format!("{pointer}/{}", field.name)),
            }
        }
        for name in object.keys() {
            if !also.contains(&name.as_str()) && !fields.iter().any(|field| field.name == name) {
                let known: Vec<&str> = fields.iter().map(|field| field.name).collect();
                self.wrong(
                    pointer,
                    "additional_properties",
                    format!("invalid additional property: {name}"),
                    json!(known),
                );
            }
        }
    }

    fn rule(&mut self, value: &Value, rule: Rule, owner: &Map<String, Value>, pointer: &str) {
        match rule {
            Rule::Plain(most) => self.text(value, &["plain_text"], most, pointer),
            Rule::Text(most) => self.text(value, &["plain_text", "mrkdwn"], most, pointer),
            Rule::Texts(items, most) => self.list(value, items, pointer, |walk, text, pointer| {
                walk.text(text, &["plain_text", "mrkdwn"], most, pointer);
            }),
            Rule::Str(least, most) => match value.as_str() {
                Some(text) => self.length(text, least, most, pointer),
                None => self.wrong(pointer, "type", "must provide a string".to_owned(), json!("string")),
            },
            Rule::Word(words) => {
                if !words.iter().any(|word| value == word) {
                    self.wrong(pointer, "enum", format!("must be one of: {}", words.join(", ")), json!(words));
                }
            }
            Rule::Flag => {
                if !value.is_boolean() {
                    self.wrong(pointer, "type", "must be a valid boolean".to_owned(), json!("boolean"));
                }
            }
            Rule::Whole(least, most) => self.whole(value, least, most, pointer),
            Rule::Date => self.pattern(value, "dddd-dd-dd", "YYYY-MM-DD", pointer),
            Rule::Time => self.pattern(value, "dd:dd", "HH:mm", pointer),
            Rule::Ids => self.list(value, usize::MAX, pointer, |walk, id, pointer| {
                walk.rule(id, Rule::Str(1, 255), &Map::new(), pointer);
            }),
            Rule::Element(kinds) => self.one(value, tables::ELEMENTS, Some(kinds), pointer),
            Rule::Elements(kinds, most) => self.list(value, most, pointer, |walk, element, pointer| {
                walk.one(element, table_of(kinds), Some(kinds), pointer);
            }),
            Rule::Part(fields) => match value.as_object() {
                Some(object) => self.fields(object, fields, pointer, &[]),
                None => self.wrong(pointer, "type", "must provide an object".to_owned(), json!("object")),
            },
            Rule::Options(most, rich) => self.list(value, most, pointer, |walk, option, pointer| {
                walk.rule(
                    option,
                    Rule::Part(if rich { tables::RICH_OPTION } else { tables::PLAIN_OPTION }),
                    &Map::new(),
                    pointer,
                );
            }),
            Rule::Groups => self.list(value, 100, pointer, |walk, group, pointer| {
                walk.rule(group, Rule::Part(tables::GROUP), &Map::new(), pointer);
            }),
            Rule::InitialOption => self.offered(value, owner, pointer),
            Rule::InitialOptions => {
                self.list(value, usize::MAX, pointer, |walk, option, pointer| walk.offered(option, owner, pointer))
            }
            Rule::Rich => {
                self.list(value, usize::MAX, pointer, |walk, part, pointer| walk.one(part, tables::RICH, None, pointer))
            }
            Rule::Rows => self.list(value, tables::TABLE.0, pointer, |walk, row, pointer| {
                walk.list(row, tables::TABLE.1, pointer, |walk, cell, pointer| walk.cell(cell, pointer));
            }),
            Rule::Any => {}
        }
    }

    fn list(&mut self, value: &Value, most: usize, pointer: &str, mut each: impl FnMut(&mut Walk, &Value, &str)) {
        let Some(items) = value.as_array() else {
            return self.wrong(pointer, "type", "must provide an array".to_owned(), json!("array"));
        };
        if items.is_empty() && !pointer.ends_with("/initial_options") {
            self.wrong(pointer, "min_items", "no less than 1 items allowed".to_owned(), json!(1));
        }
        if items.len() > most {
            self.wrong(pointer, "max_items", format!("no more than {most} items allowed"), json!(most));
        }
        for (at, item) in items.iter().enumerate() {
            each(self, item, &format!("{pointer}/{at}"));
        }
    }

    fn text(&mut self, value: &Value, kinds: &[&'static str], most: usize, pointer: &str) {
        let before = self.found.len();
        self.one(value, tables::ELEMENTS, Some(kinds), pointer);
        // The object's own limit is the widest one; the place may set a narrower.
        let long = value["text"].as_str().filter(|text| self.found.len() == before && count(text) > most);
        if long.is_some() {
            self.too_long(most, &format!("{pointer}/text"));
        }
    }

    fn length(&mut self, text: &str, least: usize, most: usize, pointer: &str) {
        let long = count(text);
        if long < least {
            let message = format!("must be more than {} characters", least - 1);
            self.wrong(pointer, "min_length", message, json!(least));
        } else if long > most {
            self.too_long(most, pointer);
        }
    }

    fn too_long(&mut self, most: usize, pointer: &str) {
        self.wrong(
            pointer,
            "max_length",
            format!("must be less than {} characters", most.saturating_add(1)),
            json!(most),
        );
    }

    fn whole(&mut self, value: &Value, least: i64, most: i64, pointer: &str) {
        match value.as_i64() {
            None => self.wrong(pointer, "type", "must provide an integer".to_owned(), json!("integer")),
            Some(number) if number < least => {
                self.wrong(pointer, "minimum", format!("must be no less than {least}"), json!(least))
            }
            Some(number) if number > most => {
                self.wrong(pointer, "maximum", format!("must be no more than {most}"), json!(most))
            }
            Some(_) => {}
        }
    }

    /// `d` stands for a digit.
    fn pattern(&mut self, value: &Value, pattern: &str, called: &str, pointer: &str) {
        let text = value.as_str().unwrap_or_default();
        let fits =
            |(letter, wanted): (char, char)| if wanted == 'd' { letter.is_ascii_digit() } else { letter == wanted };
        if text.len() != pattern.len() || !text.chars().zip(pattern.chars()).all(fits) {
            self.wrong(pointer, "pattern", format!("must be in the format {called}"), json!(called));
        }
    }

    /// An initial option has to be one of the options, to the letter.
    fn offered(&mut self, value: &Value, owner: &Map<String, Value>, pointer: &str) {
        let owner = Value::Object(owner.clone());
        if !values::options(&owner).any(|option| option == value) {
            self.wrong(pointer, "enum", "must be one of the provided options".to_owned(), Value::Null);
        }
    }

    fn cell(&mut self, value: &Value, pointer: &str) {
        match value["type"].as_str() {
            Some("raw_text") if value["text"].is_string() => {}
            Some("raw_number") if value["value"].is_number() => {}
            Some("rich_text") => self.rule(&value["elements"], Rule::Rich, &Map::new(), &format!("{pointer}/elements")),
            other => {
                let message = format!("unsupported type: {}", other.unwrap_or_default());
                self.wrong(&format!("{pointer}/type"), "enum", message, json!(["raw_text", "raw_number", "rich_text"]));
            }
        }
    }
}

/// Elements of rich text have tables of their own.
fn table_of(kinds: &[&str]) -> &'static [Shape] {
    match kinds.first() {
        Some(&"rich_text_section") => tables::RICH,
        Some(&"text") => tables::PARTS,
        _ => tables::ELEMENTS,
    }
}
