//! A message as a person reads it: buttons are `[Label]`, grey lines `‹…›`, boxes ☐ and ☑.

use serde_json::Value;

use crate::slack::view::Part;

pub fn read(parts: &[Part]) -> String {
    let mut pages = Vec::new();
    for part in parts {
        let name = if part.name.is_empty() { String::new() } else { format!("--- {}\n", part.name) };
        pages.push(name + &lines(&part.blocks));
    }
    pages.join("\n")
}

pub fn lines(blocks: &Value) -> String {
    all(blocks).map(block).collect::<Vec<_>>().join("\n")
}

fn all(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

fn block(block: &Value) -> String {
    match block["type"].as_str().unwrap() {
        "rich_text" => all(&block["elements"])
            .flat_map(|section| all(&section["elements"]))
            .map(rich)
            .collect::<String>()
            .replace("****", "")
            .replace("** **", " "),
        "section" => text(&block["text"]),
        "context" => format!("‹{}›", all(&block["elements"]).map(text).collect::<Vec<_>>().join(" ")),
        "actions" => elements(&block["elements"]),
        "input" => {
            let hint = block["hint"]["text"].as_str().map_or(String::new(), |hint| format!(" ‹{hint}›"));
            format!("{}{hint}\n{}", text(&block["label"]), element(&block["element"]))
        }
        other => panic!("{other}"),
    }
}

fn elements(list: &Value) -> String {
    let boxes = all(list).filter(|one| one["type"] == "checkboxes").map(element);
    let buttons = all(list).filter(|one| one["type"] != "checkboxes").map(element).collect::<Vec<_>>().join(" ");
    boxes.chain([buttons]).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

fn element(one: &Value) -> String {
    let options = |on: &str, off: &str, between: &str| {
        let chosen =
            |option: &Value| *option == one["initial_option"] || all(&one["initial_options"]).any(|it| it == option);
        let shown =
            all(&one["options"]).map(|it| format!("{} {}", if chosen(it) { on } else { off }, text(&it["text"])));
        shown.collect::<Vec<_>>().join(between)
    };
    match one["type"].as_str().unwrap() {
        "button" => format!("[{}]", text(&one["text"])),
        "checkboxes" => options("☑", "☐", "\n"),
        "radio_buttons" => options("(•)", "( )", "  "),
        "plain_text_input" => format!("[{}]", one["initial_value"].as_str().unwrap_or("")),
        "users_select" => format!("[{}]", one["initial_user"].as_str().unwrap_or("person")),
        other => panic!("{other}"),
    }
}

fn rich(run: &Value) -> String {
    let of = |key: &str| run[key].as_str().unwrap();
    match of("type") {
        "text" if run["style"]["bold"] == true && of("text").trim() != "" => {
            let blanks = of("text").len() - of("text").trim_end().len();
            format!("**{}**{}", of("text").trim_end(), " ".repeat(blanks))
        }
        "text" => of("text").to_owned(),
        "emoji" => format!(":{}:", of("name")),
        "user" => format!("@{}", of("user_id")),
        "channel" => format!("#{}", of("channel_id")),
        "date" => of("fallback").to_owned(),
        "link" => format!("{} ({})", of("text"), of("url")),
        other => panic!("{other}"),
    }
}

/// Our own markup in grey lines: dates and channels.
fn text(object: &Value) -> String {
    let text = object["text"].as_str().unwrap();
    if object["type"] != "mrkdwn" {
        return text.to_owned();
    }
    let mut shown = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('<') {
        let (inside, after) = after.split_once('>').unwrap();
        let inside = inside.split_once('|').map_or_else(|| inside.to_owned(), |(_, label)| label.to_owned());
        shown += &format!("{before}{inside}");
        rest = after;
    }
    shown + rest
}
