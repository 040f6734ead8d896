//! Block Kit's limits, one row each: what just fits passes, one more is refused where it stands.

use sandbox::blocks::validate::{self, Surface};
use serde_json::{Value, json};

use crate::support::{Bench, button, input, modal, section};

fn x(length: usize) -> String {
    "x".repeat(length)
}

fn plain(length: usize) -> Value {
    json!({"type": "plain_text", "text": x(length)})
}

fn option(number: usize) -> Value {
    json!({"text": {"type": "plain_text", "text": "o"}, "value": number.to_string()})
}

fn options(many: usize) -> Vec<Value> {
    (0..many).map(option).collect()
}

fn actions(element: Value) -> Value {
    json!({"type": "actions", "elements": [element]})
}

fn with(mut value: Value, name: &str, what: Value) -> Value {
    value[name] = what;
    value
}

fn rich(elements: Value) -> Value {
    json!({"type": "rich_text", "elements": elements})
}

fn pointers(blocks: &[Value], surface: Surface) -> Vec<String> {
    validate::blocks(blocks, surface, "").into_iter().map(|problem| problem.pointer).collect()
}

/// A block by length: the longest that fits, and where the next one is refused.
type Limit = (&'static str, fn(usize) -> Value, usize, &'static str);

const LIMITS: &[Limit] = &[
    ("section text", |n| section(&x(n)), 3000, "/0/text/text"),
    ("section field", |n| json!({"type": "section", "fields": [plain(n)]}), 2000, "/0/fields/0/text"),
    ("section fields", |n| json!({"type": "section", "fields": vec![plain(1); n]}), 10, "/0/fields"),
    ("header", |n| json!({"type": "header", "text": plain(n)}), 150, "/0/text/text"),
    ("context elements", |n| json!({"type": "context", "elements": vec![plain(1); n]}), 10, "/0/elements"),
    (
        "actions elements",
        |n| json!({"type": "actions", "elements": (0..n).map(|at| button(&at.to_string(), "b")).collect::<Vec<_>>()}),
        25,
        "/0/elements",
    ),
    ("block_id", |n| with(section("s"), "block_id", json!(x(n))), 255, "/0/block_id"),
    ("action_id", |n| actions(button(&x(n), "b")), 255, "/0/elements/0/action_id"),
    ("button text", |n| actions(button("a", &x(n))), 75, "/0/elements/0/text/text"),
    ("button value", |n| actions(with(button("a", "b"), "value", json!(x(n)))), 2000, "/0/elements/0/value"),
    ("button url", |n| actions(with(button("a", "b"), "url", json!(x(n)))), 3000, "/0/elements/0/url"),
    (
        "button label",
        |n| actions(with(button("a", "b"), "accessibility_label", json!(x(n)))),
        75,
        "/0/elements/0/accessibility_label",
    ),
    (
        "confirm title",
        |n| {
            actions(with(
                button("a", "b"),
                "confirm",
                json!({"title": plain(n), "text": plain(1), "confirm": plain(1), "deny": plain(1)}),
            ))
        },
        100,
        "/0/elements/0/confirm/title/text",
    ),
    ("image alt_text", |n| json!({"type": "image", "image_url": "https://x", "alt_text": x(n)}), 2000, "/0/alt_text"),
    (
        "select options",
        |n| actions(json!({"type": "static_select", "options": options(n)})),
        100,
        "/0/elements/0/options",
    ),
    (
        "option text",
        |n| actions(json!({"type": "static_select", "options": [{"text": plain(n), "value": "v"}]})),
        75,
        "/0/elements/0/options/0/text/text",
    ),
    (
        "option value",
        |n| actions(json!({"type": "static_select", "options": [{"text": plain(1), "value": x(n)}]})),
        150,
        "/0/elements/0/options/0/value",
    ),
    (
        "placeholder",
        |n| actions(json!({"type": "users_select", "placeholder": plain(n)})),
        150,
        "/0/elements/0/placeholder/text",
    ),
    ("checkboxes", |n| actions(json!({"type": "checkboxes", "options": options(n)})), 10, "/0/elements/0/options"),
    (
        "radio buttons",
        |n| actions(json!({"type": "radio_buttons", "options": options(n)})),
        10,
        "/0/elements/0/options",
    ),
    ("overflow", |n| actions(json!({"type": "overflow", "options": options(n)})), 5, "/0/elements/0/options"),
    (
        "input label",
        |n| with(input("i", json!({"type": "plain_text_input"})), "label", plain(n)),
        2000,
        "/0/label/text",
    ),
    ("input hint", |n| with(input("i", json!({"type": "plain_text_input"})), "hint", plain(n)), 2000, "/0/hint/text"),
    ("max_length", |n| input("i", json!({"type": "plain_text_input", "max_length": n})), 3000, "/0/element/max_length"),
    ("min_length", |n| input("i", json!({"type": "plain_text_input", "min_length": n})), 3000, "/0/element/min_length"),
    ("markdown", |n| json!({"type": "markdown", "text": x(n)}), 12_000, "/0/text"),
    (
        "rich list indent",
        |n| {
            rich(json!([{"type": "rich_text_list", "style": "bullet", "indent": n,
            "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "t"}]}]}]))
        },
        8,
        "/0/elements/0/indent",
    ),
];

#[test]
fn every_limit_holds_to_the_character() {
    for (name, make, most, pointer) in LIMITS {
        assert_eq!(pointers(&[make(*most)], Surface::Message), Vec::<String>::new(), "{name}: {most} fit");
        assert_eq!(pointers(&[make(most + 1)], Surface::Message), [*pointer], "{name}: {} do not", most + 1);
    }
}

#[test]
fn what_is_wrong_is_refused_where_it_stands() {
    let select =
        |initial: Value| actions(json!({"type": "static_select", "options": options(2), "initial_option": initial}));
    let text = |element: Value| rich(json!([{"type": "rich_text_section", "elements": [element]}]));
    let cases = [
        ("unknown block", json!({"type": "banner"}), "/0/type"),
        ("no type", json!({"text": plain(1)}), "/0"),
        ("unknown property", with(section("s"), "colour", json!("red")), "/0"),
        ("empty text", section(""), "/0/text/text"),
        ("section without words", json!({"type": "section"}), "/0"),
        ("mrkdwn in a header", json!({"type": "header", "text": {"type": "mrkdwn", "text": "h"}}), "/0/text/type"),
        (
            "mrkdwn on a button",
            actions(with(button("a", "b"), "text", json!({"type": "mrkdwn", "text": "b"}))),
            "/0/elements/0/text/type",
        ),
        ("style", actions(with(button("a", "b"), "style", json!("loud"))), "/0/elements/0/style"),
        ("no alt_text", json!({"type": "image", "image_url": "https://x"}), "/0"),
        ("a button in a context", json!({"type": "context", "elements": [button("a", "b")]}), "/0/elements/0/type"),
        ("an input element in actions", actions(json!({"type": "plain_text_input"})), "/0/elements/0/type"),
        ("no elements", json!({"type": "actions", "elements": []}), "/0/elements"),
        ("no options", actions(json!({"type": "checkboxes", "options": []})), "/0/elements/0/options"),
        ("an option that is not offered", select(option(7)), "/0/elements/0/initial_option"),
        ("a date", actions(json!({"type": "datepicker", "initial_date": "2 March"})), "/0/elements/0/initial_date"),
        (
            "same action_id",
            json!({"type": "actions", "elements": [button("a", "b"), button("a", "c")]}),
            "/0/elements/1/action_id",
        ),
        ("a bare text in rich text", rich(json!([{"type": "text", "text": "t"}])), "/0/elements/0/type"),
        ("an empty rich text", text(json!({"type": "text", "text": ""})), "/0/elements/0/elements/0/text"),
        ("a user without an id", text(json!({"type": "user"})), "/0/elements/0/elements/0"),
        ("a date without a format", text(json!({"type": "date", "timestamp": 1})), "/0/elements/0/elements/0"),
        (
            "a mention in code",
            rich(json!([{"type": "rich_text_preformatted", "elements": [{"type": "user", "user_id": "U"}]}])),
            "/0/elements/0/elements/0/type",
        ),
    ];
    for (name, block, pointer) in cases {
        assert_eq!(pointers(&[block], Surface::Message), [pointer], "{name}");
    }
    let twice = with(section("s"), "block_id", json!("same"));
    assert_eq!(pointers(&[twice.clone(), twice], Surface::Message), ["/1/block_id"]);
    let fits = text(json!({"type": "emoji", "name": "wave", "unicode": "1f44b"}));
    assert!(
        pointers(&[fits, text(json!({"type": "user", "user_id": "U0ANA", "style": {"bold": true}}))], Surface::Message)
            .is_empty()
    );
}

#[test]
fn each_surface_takes_its_own_blocks_and_so_many_of_them() {
    let number = input("i", json!({"type": "number_input", "is_decimal_allowed": false}));
    let table = json!({"type": "table", "rows": [[{"type": "raw_text", "text": "c"}]]});
    let cases = [
        (json!({"type": "alert", "text": plain(1)}), false, true),
        (table.clone(), true, false),
        (json!({"type": "markdown", "text": "m"}), true, false),
        (number, false, true),
        (input("i", json!({"type": "rich_text_input"})), false, true),
        (input("i", json!({"type": "plain_text_input"})), true, true),
        (json!({"type": "divider"}), true, true),
    ];
    for (block, message, in_modal) in cases {
        assert_eq!(
            pointers(std::slice::from_ref(&block), Surface::Message).is_empty(),
            message,
            "{block} in a message"
        );
        assert_eq!(pointers(std::slice::from_ref(&block), Surface::Modal).is_empty(), in_modal, "{block} in a modal");
    }
    assert_eq!(pointers(&[table.clone(), table], Surface::Message), [""]);
    let dividers = |many: usize| vec![json!({"type": "divider"}); many];
    assert!(pointers(&dividers(50), Surface::Message).is_empty());
    assert_eq!(pointers(&dividers(51), Surface::Message), [""]);
    assert!(pointers(&dividers(100), Surface::Modal).is_empty());
    assert_eq!(pointers(&dividers(101), Surface::Modal), [""]);
}

#[test]
fn a_view_has_limits_of_its_own() {
    let good = modal(json!([input("i", json!({"type": "plain_text_input"}))]));
    let without = |name: &str| {
        let mut view = good.clone();
        view.as_object_mut().expect("an object").remove(name);
        view
    };
    let cases = [
        (good.clone(), None),
        (with(good.clone(), "title", plain(25)), Some("/title/text")),
        (with(good.clone(), "submit", plain(25)), Some("/submit/text")),
        (with(good.clone(), "close", plain(25)), Some("/close/text")),
        (with(good.clone(), "private_metadata", json!(x(3001))), Some("/private_metadata")),
        (with(good.clone(), "callback_id", json!(x(256))), Some("/callback_id")),
        (with(good.clone(), "hash", json!("1.a")), Some("")),
        (with(good.clone(), "type", json!("sheet")), Some("/type")),
        (without("submit"), Some("")),
        (without("title"), Some("")),
        (without("blocks"), Some("")),
    ];
    for (view, pointer) in cases {
        let found: Vec<String> = validate::view(&view, "").into_iter().map(|problem| problem.pointer).collect();
        assert_eq!(found, pointer.into_iter().collect::<Vec<_>>(), "{view}");
    }
}

#[tokio::test]
async fn blocks_validate_answers_without_a_token() {
    let bench = Bench::start().await;
    let ask = async |args: Value| {
        let request = bench.http.post(format!("{}/blocks.validate", bench.slack.api_url())).json(&args);
        request.send().await.expect("an answer").json::<Value>().await.expect("JSON")
    };
    assert_eq!(ask(json!({"blocks": json!([section("s")]).to_string()})).await, json!({"ok": true}));
    let wrong = json!([{"type": "section", "text": {"type": "invalid", "text": "s"}}]).to_string();
    let answer = ask(json!({"blocks": wrong})).await;
    assert_eq!(answer["error"], "invalid_blocks");
    let expected = json!({"code": "failed_constraint", "message": "unsupported type: invalid", "pointer": "/0/text/type",
        "constraint": {"type": "enum", "expected": ["plain_text", "mrkdwn"]}});
    assert_eq!(answer["errors"], json!([expected]));
    assert_eq!(ask(json!({"view": json!({"type": "modal"}).to_string()})).await["error"], "invalid_view");
    assert_eq!(ask(json!({"blocks": "[]", "view": "{}"})).await["error"], "invalid_arguments");
}
