//! What a person reads: blocks and mrkdwn as lines of text. Buttons are `[Label]`, context is `‹…›`, boxes are `☐` and `☑`.

use std::collections::BTreeMap;

use serde_json::Value;

use super::values::{Found, Values, options};

type Names = BTreeMap<String, String>;

pub fn blocks(blocks: &[Value], ticks: &Values, names: &Names) -> String {
    let shown = blocks.iter().map(|one| block(one, ticks, names)).filter(|text| !text.is_empty());
    shown.collect::<Vec<_>>().join("\n")
}

fn block(block: &Value, ticks: &Values, names: &Names) -> String {
    let all = |key: &str| block[key].as_array().into_iter().flatten();
    let ticks_of = |shown: &Value| shown_element(Found { block, element: shown }, ticks, names);
    match block["type"].as_str().unwrap_or_default() {
        "header" => text(&block["text"], names),
        "section" => {
            let texts = [&block["text"]].into_iter().chain(all("fields")).map(|one| text(one, names));
            let accessory = ticks_of(&block["accessory"]);
            // A button stands beside its text, everything else below it.
            let beside = if block["accessory"]["type"] == "button" { " " } else { "\n" };
            let text = texts.filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n");
            if accessory.is_empty() { text } else { format!("{text}{beside}{accessory}") }
        }
        "context" => format!("‹{}›", all("elements").map(|one| text(one, names)).collect::<Vec<_>>().join(" ")),
        "actions" => {
            let shown: Vec<String> = all("elements").map(ticks_of).collect();
            let boxes = shown.iter().any(|one| one.contains('\n'));
            shown.join(if boxes { "\n" } else { " " })
        }
        "input" => {
            let hint = text(&block["hint"], names);
            let lines = [text(&block["label"], names), ticks_of(&block["element"]), hint];
            lines.into_iter().filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
        }
        "divider" => "———".to_owned(),
        "image" => block["alt_text"].as_str().unwrap_or_default().to_owned(),
        "rich_text" => all("elements").map(|one| rich(one, names)).collect::<Vec<_>>().join("\n"),
        "markdown" => block["text"].as_str().unwrap_or_default().to_owned(),
        _ => String::new(),
    }
}

fn shown_element(found: Found<'_>, ticks: &Values, names: &Names) -> String {
    let state = ticks.get(found.block_id()).and_then(|block| block.get(found.action_id())).unwrap_or(&Value::Null);
    let name = |id: &Value| names.get(id.as_str().unwrap_or_default()).cloned().unwrap_or_default();
    let label = |option: &Value| text(&option["text"], names);
    let box_lines = |on: &str, off: &str| {
        let chosen: Vec<&Value> = state["selected_options"].as_array().into_iter().flatten().collect();
        let is_on = |option: &Value| *option == state["selected_option"] || chosen.contains(&option);
        let line = |option: &Value| format!("{} {}", if is_on(option) { on } else { off }, label(option));
        options(found.element).map(line).collect::<Vec<_>>().join("\n")
    };
    match found.kind() {
        "" => String::new(),
        "button" => format!("[{}]", label(found.element)),
        "checkboxes" => box_lines("☑", "☐"),
        "radio_buttons" => box_lines("(•)", "( )"),
        "overflow" => "[…]".to_owned(),
        "users_select" => format!("[{}]", name(&state["selected_user"])),
        "static_select" => format!("[{}]", label(&state["selected_option"])),
        "image" => found.element["alt_text"].as_str().unwrap_or_default().to_owned(),
        kind if kind.ends_with("input") => format!("[{}]", state["value"].as_str().unwrap_or_default()),
        _ => "[…]".to_owned(),
    }
}

fn text(object: &Value, names: &Names) -> String {
    let shown = object["text"].as_str().unwrap_or_default();
    match object["type"].as_str() {
        Some("mrkdwn") => mrkdwn(shown, names),
        Some("image") => object["alt_text"].as_str().unwrap_or_default().to_owned(),
        _ => shown.to_owned(),
    }
}

/// Mentions and links as they are shown; the formatting marks stay, because they are part of what was sent.
pub fn mrkdwn(source: &str, names: &Names) -> String {
    let mut shown = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(open) = rest.find('<') {
        shown.push_str(&unescape(&rest[..open]));
        rest = &rest[open + 1..];
        let Some(close) = rest.find('>') else {
            shown.push('<');
            break;
        };
        shown.push_str(&reference(&rest[..close], names));
        rest = &rest[close + 1..];
    }
    shown.push_str(&unescape(rest));
    shown
}

fn reference(inner: &str, names: &Names) -> String {
    let (target, label) = inner.split_once('|').map_or((inner, None), |(target, label)| (target, Some(label)));
    let named = |id: &str| names.get(id).map(String::as_str).or(label).unwrap_or(id).to_owned();
    match target.as_bytes().first() {
        Some(b'@') => format!("@{}", named(&target[1..])),
        Some(b'#') => format!("#{}", named(&target[1..])),
        Some(b'!') if target.starts_with("!date^") => label.unwrap_or_default().to_owned(),
        Some(b'!') if target.starts_with("!subteam") => label.unwrap_or("@group").to_owned(),
        Some(b'!') => format!("@{}", &target[1..]),
        _ => unescape(label.unwrap_or(target)),
    }
}

pub fn unescape(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

fn rich(element: &Value, names: &Names) -> String {
    let parts = element["elements"].as_array().into_iter().flatten();
    match element["type"].as_str().unwrap_or_default() {
        "rich_text_list" => {
            let ordered = element["style"] == "ordered";
            let line = |(at, item)| {
                let mark = if ordered { format!("{}.", at + 1) } else { "•".to_owned() };
                format!("{mark} {}", rich(item, names))
            };
            parts.enumerate().map(line).collect::<Vec<_>>().join("\n")
        }
        "rich_text_quote" => parts
            .map(|part| rich_part(part, names))
            .collect::<String>()
            .lines()
            .map(|line| format!("> {line}"))
            .collect::<Vec<_>>()
            .join("\n"),
        _ => parts.map(|part| rich_part(part, names)).collect::<String>().trim_end_matches('\n').to_owned(),
    }
}

fn rich_part(part: &Value, names: &Names) -> String {
    let string = |key: &str| part[key].as_str().unwrap_or_default();
    let named = |key: &str| names.get(string(key)).map_or(string(key), String::as_str).to_owned();
    match string("type") {
        "text" => string("text").to_owned(),
        "user" => format!("@{}", named("user_id")),
        "channel" => format!("#{}", named("channel_id")),
        "broadcast" => format!("@{}", string("range")),
        "usergroup" => "@group".to_owned(),
        "emoji" => match part["unicode"].as_str().map(emoji) {
            Some(Some(shown)) => shown,
            _ => format!(":{}:", string("name")),
        },
        "link" if string("text").is_empty() => string("url").to_owned(),
        "link" => string("text").to_owned(),
        "date" => string("fallback").to_owned(),
        _ => String::new(),
    }
}

/// `1f600` or `1f468-200d-1f4bb`.
fn emoji(code: &str) -> Option<String> {
    code.split('-').map(|part| u32::from_str_radix(part, 16).ok().and_then(char::from_u32)).collect()
}
